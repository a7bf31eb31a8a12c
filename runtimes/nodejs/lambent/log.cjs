'use strict';
// console.* as AWS writes it, text or JSON, filtered by level, to standard output. Never keeps a line back.

const REQUEST_ID = Symbol.for('aws.lambda.runtime.requestId');
const TENANT_ID = Symbol.for('aws.lambda.runtime.tenantId');
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const METHODS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };

const isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';

/** Says whose lines those are that come from now on. */
function setInvocation(requestId, tenantId) {
  globalThis[REQUEST_ID] = requestId;
  globalThis[TENANT_ID] = tenantId;
}

/** Puts our methods into `console`. */
function patchConsole() {
  const least = LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase());
  for (const [method, level] of Object.entries(METHODS)) {
    const shown = level === 'FATAL' || LEVELS.indexOf(level) >= least;
    console[method] = shown ? (...params) => write(level, params) : () => {};
  }
}

/** Writes a failure of the function. */
function logFailure(title, error) {
  const { forLog } = require('./errors.cjs');
  if (isJson) console.error(error instanceof Error ? error : new Error(error));
  else console.error(title, forLog(error));
}

function write(level, params) {
  const time = new Date().toISOString();
  const id = globalThis[REQUEST_ID];
  const line = isJson ? json(time, id, level, params) : `${time}\t${id}\t${level}\t${format(params)}`;
  // A line is one event: what breaks inside it is kept together.
  process.stdout.write(line.replace(/\n/g, '\r') + '\n');
}

function format(params) {
  return require('util').format(...(params.length ? params : [undefined]));
}

function json(timestamp, requestId, level, params) {
  const entry = { timestamp, level, requestId };
  if (globalThis[TENANT_ID] != null) entry.tenantId = globalThis[TENANT_ID];
  if (params.length <= 1) {
    entry.message = params[0];
    try {
      return JSON.stringify(entry, (_key, value) => (value instanceof Error ? { ...parts(value), ...value } : value));
    } catch {
      entry.message = format(params);
      return JSON.stringify(entry);
    }
  }
  entry.message = format(params);
  const error = params.find((param) => param instanceof Error);
  return JSON.stringify(error ? Object.assign(entry, parts(error)) : entry);
}

function parts(error) {
  const stackTrace = typeof error.stack === 'string' ? error.stack.split('\n') : error.stack;
  return { errorType: error.constructor?.name ?? 'UnknownError', errorMessage: error.message, stackTrace };
}

module.exports = { logFailure, patchConsole, setInvocation };
