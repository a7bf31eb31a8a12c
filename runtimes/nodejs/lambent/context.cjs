'use strict';
// The second argument of a handler. Never reads a clock but on request.

let facts;
let trace;

/** Reads what the environment says, before the function can change it. */
function readEnvironment() {
  facts = {
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
  };
  trace = process.env._X_AMZN_TRACE_ID;
}

/** Adds what headers and environment say to `context`, and shows the trace to code that looks in the environment. */
function contextOf(headers, context) {
  setTrace(headers['lambda-runtime-trace-id']);
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  return Object.assign(context, facts, {
    clientContext: parsed(headers['lambda-runtime-client-context'], 'ClientContext'),
    identity: parsed(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    tenantId: headers['lambda-runtime-aws-tenant-id'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  });
}

function setTrace(header) {
  if (header === trace) return;
  trace = header;
  if (header) process.env._X_AMZN_TRACE_ID = header;
  else delete process.env._X_AMZN_TRACE_ID;
}

function parsed(text, name) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

module.exports = { contextOf, readEnvironment };
