'use strict';
// The life of the runtime: load the handler, then event after event. Never outlives a lost Runtime API.

const { Api } = require('./api.cjs');
const { logFailure, patchConsole, setInvocation } = require('./log.cjs');
const { contextOf, readEnvironment } = require('./context.cjs');
const parked = require('./parked.cjs');

// From Node.js 24 on AWS calls no handler with a callback, and what a handler returns is the answer.
const [, version] = /^AWS_Lambda_nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? '') ?? [];
const hasCallbacks = !(Number(version) >= 24);
const NOTHING = () => {};

/** Serves invocations until the process ends. */
async function run() {
  parked.wait();
  readEnvironment();
  const api = new Api(process.env.AWS_LAMBDA_RUNTIME_API);
  const life = new Life(api);
  patchConsole();
  defineGlobals();
  try {
    const root = process.env.LAMBDA_TASK_ROOT ?? '/var/task';
    const handler = await require('./handler.cjs').find(root, process.env._HANDLER ?? '');
    life.invoke = invoker(api, life, handler);
  } catch (error) {
    return life.end('Uncaught Exception', error, 129);
  }
  // A rejection that nobody looked at during init is told first, as a failed init.
  setImmediate(() => life.start());
}

/** What belongs to the process rather than to one invocation: whose turn it is, and how it ends. */
class Life {
  constructor(api) {
    this.api = api;
    this.path = 'init/error';
    // What an empty event loop means depends on how far the invocation is.
    this.whenIdle = NOTHING;
    process.on('beforeExit', () => {
      const listener = this.whenIdle;
      this.whenIdle = NOTHING;
      listener();
    });
    process.on('uncaughtException', (error) => this.end('Uncaught Exception', error, 129));
    process.on('unhandledRejection', (reason, promise) => {
      const { UnhandledPromiseRejection } = require('./errors.cjs');
      this.end('Unhandled Promise Rejection', new UnhandledPromiseRejection(reason, promise), 128);
    });
  }

  start() {
    this.path = undefined;
    this.api.start((body, headers) => this.begin(body, headers));
  }

  begin(body, headers) {
    const id = headers['lambda-runtime-aws-request-id'];
    this.path = `invocation/${id}/error`;
    setInvocation(id, headers['lambda-runtime-aws-tenant-id']);
    this.invoke(id, body, headers);
  }

  /** The invocation is over: nothing is left that an error could be reported to. */
  settled() {
    this.path = undefined;
    this.whenIdle = NOTHING;
  }

  end(title, error, code) {
    const errors = require('./errors.cjs');
    logFailure(title, error);
    const path = this.path;
    this.path = undefined;
    if (this.api.ending) return;
    if (!path) return this.api.end(() => process.exit(code));
    const header =
      path === 'init/error'
        ? `Lambda-Runtime-Function-Error-Type: ${errors.type(error)}\r\n`
        : xrayHeader(errors.xray(error));
    this.api.fail(path, errors.body(error), header, () => process.exit(code));
  }
}

function invoker(api, life, handler) {
  const streaming = handler[Symbol.for('aws.lambda.runtime.handler.streaming')];
  if (streaming) return require('./stream.cjs').invoker(api, life, handler);
  const runtime = new Runtime(api, life, handler);
  if (hasCallbacks) return (...invocation) => runtime.handleOnceNonStreaming(...invocation);
  if (handler.length >= 3) {
    const { CallbackHandlerDeprecated } = require('./errors.cjs');
    throw new CallbackHandlerDeprecated(
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need' +
        ' to modify this function to use a supported handler signature to use Node.js 24 or later. For more' +
        ' information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
    );
  }
  return (...invocation) => runtime.handleOnceReturning(...invocation);
}

/** Calls the handler. Its name and its methods' are AWS's: functions and their users see them in stack traces. */
class Runtime {
  constructor(api, life, handler) {
    this.api = api;
    this.life = life;
    this.handler = handler;
  }

  /** One invocation up to Node.js 22: by promise, by callback, or by the methods of the context. */
  async handleOnceNonStreaming(id, body, headers) {
    await undefined; // Our other frames end here: a stack holds ten, and the function needs them.
    const answer = answers(this.api, this.life, id);
    const context = { callbackWaitsForEmptyEventLoop: true };
    context.succeed = answer.succeed;
    context.fail = (error) => answer.fail(error ?? 'handled');
    context.done = (error, result) => (error == null ? answer.succeed(result) : answer.fail(error));
    const callback = (error, result) => {
      if (error != null || !context.callbackWaitsForEmptyEventLoop) return context.done(error, result);
      if (!answer.take()) return;
      this.life.whenIdle = () => setImmediate(() => answer.post(result));
    };
    this.life.whenIdle = () => answer.succeed(null);
    try {
      const result = this.handler(JSON.parse(body), contextOf(headers, context), callback);
      if (typeof result?.then === 'function') result.then(answer.succeed, context.fail).catch(context.fail);
    } catch (error) {
      context.fail(error);
    }
  }

  /** One invocation from Node.js 24 on: what the handler returns. */
  async handleOnceReturning(id, body, headers) {
    await undefined;
    const answer = answers(this.api, this.life, id);
    this.life.whenIdle = () => {
      const { NodeJsExit } = require('./errors.cjs');
      answer.fail(new NodeJsExit('the event loop is empty, but the promise of the handler is not settled'));
    };
    try {
      const context = contextOf(headers, { callbackWaitsForEmptyEventLoop: true });
      answer.succeed(await this.handler(JSON.parse(body), context));
    } catch (error) {
      answer.fail(error);
    }
  }
}

/** The one answer an invocation gets: the first. */
function answers(api, life, id) {
  let open = true;
  const take = () => {
    const first = open;
    open = false;
    return first;
  };
  const post = (result) => {
    let text;
    try {
      text = JSON.stringify(result) ?? 'null';
    } catch {
      return postError(new Error('Unable to stringify response body'));
    }
    life.settled();
    api.answerAndNext(id, 'response', text);
  };
  const postError = (error) => {
    const errors = require('./errors.cjs');
    logFailure('Invoke Error', error);
    life.settled();
    api.answerAndNext(id, 'error', errors.body(error), xrayHeader(errors.xray(error)));
  };
  return {
    take,
    post,
    succeed: (result) => take() && post(result),
    fail: (error) => take() && postError(error),
  };
}

function xrayHeader(cause) {
  return cause ? `Lambda-Runtime-Function-XRay-Error-Cause: ${cause}\r\n` : '';
}

/** `awslambda`, whose module is loaded when somebody looks at it. The AWS SDK also assigns it. */
function defineGlobals() {
  const off = process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA;
  if (off === '1' || off === 'true') return;
  const be = (value) => {
    Object.defineProperty(globalThis, 'awslambda', { configurable: true, enumerable: true, writable: true, value });
    return value;
  };
  const get = () => be(require('./stream.cjs').awslambda);
  Object.defineProperty(globalThis, 'awslambda', { configurable: true, enumerable: true, get, set: be });
}

module.exports = { run };
