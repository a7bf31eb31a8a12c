'use strict';
// Responses that are sent while they are made: `awslambda.streamifyResponse`. Each takes a connection of its own,
// in chunks, and an error after the first byte goes into the trailers. Never buffers beyond the high-water mark.

const net = require('net');
const { Writable } = require('stream');
const { PREFIX } = require('./api.cjs');
const { contextOf } = require('./context.cjs');
const errors = require('./errors.cjs');
const { logFailure } = require('./log.cjs');

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');
const HTTP_TYPE = 'application/vnd.awslambda.http-integration-response';

/** The global of the same name. */
const awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = 'response';
    if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
    return handler;
  },
  HttpResponseStream: class HttpResponseStream {
    /** A stream whose response starts with status, headers and cookies. */
    static from(stream, prelude) {
      stream.setContentType(HTTP_TYPE);
      // As it is now: what the function does to it afterwards is not told.
      const told = JSON.stringify(prelude);
      stream._onBeforeFirstWrite = (write) => {
        write(told);
        write(new Uint8Array(8));
      };
      return stream;
    }
  },
};

/** The body of one response, on its way. */
class ResponseStream extends Writable {
  #socket;
  #request;
  #type = 'application/octet-stream';
  #started = false;
  #trailers = '';

  constructor(api, id, highWaterMark) {
    super({ highWaterMark });
    this.#request = `POST ${PREFIX}invocation/${id}/response HTTP/1.1\r\nHost: ${api.address}\r\n`;
    this.#socket = net.connect(api.where);
    this.#socket.on('error', (error) => this.destroy(error));
    this.sent = new Promise((resolve) => this.#socket.on('close', resolve));
    this.#socket.resume();
  }

  setContentType(type) {
    if (this.#started) throw new errors.InvalidStreamingOperation('Cannot set content-type, too late.');
    this.#type = type;
  }

  write(chunk, ...rest) {
    const known = typeof chunk === 'string' || chunk instanceof Uint8Array;
    return super.write(known ? chunk : JSON.stringify(chunk), ...rest);
  }

  _write(chunk, _encoding, done) {
    this.#start(true);
    this.#chunk(chunk, done);
  }

  _final(done) {
    this.#start(false);
    this.#socket.end(`0\r\n${this.#trailers}\r\n`, done);
  }

  _destroy(error, done) {
    if (!this.writableFinished && !this.#socket.destroyed) {
      // Broken off, but begun: who never heard of a response would refuse to give the next event.
      this.#start(false);
      this.#socket.end();
    }
    done(error);
  }

  /** Ends the response with an error instead of more bytes. */
  fail(error) {
    const body = Buffer.from(errors.body(error)).toString('base64');
    this.#trailers =
      `Lambda-Runtime-Function-Error-Type: ${errors.type(error)}\r\n` + `Lambda-Runtime-Function-Error-Body: ${body}\r\n`;
    this.end();
  }

  #start(hasBody) {
    if (this.#started) return;
    this.#started = true;
    this.#socket.write(
      `${this.#request}Content-Type: ${this.#type}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n` +
        'Lambda-Runtime-Function-Response-Mode: streaming\r\n' +
        'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n',
    );
    if (hasBody) this._onBeforeFirstWrite?.((part) => this.#chunk(Buffer.from(part)));
  }

  #chunk(data, done) {
    // An empty chunk would end the body.
    if (!data.length) return done?.();
    // All three go out at once.
    this.#socket.cork();
    this.#socket.write(`${data.length.toString(16)}\r\n`);
    this.#socket.write(data);
    this.#socket.write('\r\n', done);
    this.#socket.uncork();
  }
}

/** How a streaming handler is called. */
function invoker(api, life, handler) {
  if (handler[STREAMING] !== 'response') {
    throw new errors.MalformedStreamingHandler('Only response streaming is supported.');
  }
  const runtime = new Runtime(api, life, handler);
  return (...invocation) => runtime.handleOnceStreaming(...invocation);
}

/** Calls the handler. Its name and its method's are AWS's: functions and their users see them in stack traces. */
class Runtime {
  constructor(api, life, handler) {
    this.api = api;
    this.life = life;
    this.handler = handler;
  }

  async handleOnceStreaming(id, body, headers) {
    await undefined; // Our other frames end here: a stack holds ten, and the function needs them.
    const stream = new ResponseStream(this.api, id, this.handler[HIGH_WATER_MARK]);
    stream.on('error', () => {});
    const fail = (error) => {
      logFailure('Invoke Error', error);
      if (!stream.writableEnded) stream.fail(error);
    };
    this.life.whenIdle = () => fail('Response stream is not finished.');
    try {
      const context = contextOf(headers, { callbackWaitsForEmptyEventLoop: true });
      const result = this.handler(JSON.parse(body), stream, context);
      if (typeof result?.then !== 'function') throw 'Streaming does not support non-async handlers.';
      if ((await result) !== undefined) console.warn('Streaming handlers ignore return values.');
    } catch (error) {
      fail(error);
    }
    await stream.sent;
    this.life.settled();
    this.api.next();
  }
}

module.exports = { awslambda, invoker };
