'use strict';
// The Runtime API over one kept connection, by hand: Node's http client costs half of the round trip. An answer
// and the request for the next event leave in one write. Never gives up waiting for an event.

const net = require('net');

const PREFIX = '/2018-06-01/runtime/';
const HEAD_MAX = 1 << 20;

/** The connection to the Runtime API at `host:port`. */
class Api {
  constructor(address) {
    const colon = address.lastIndexOf(':');
    this.address = address;
    this.where = { host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true };
    const agent = `lambent-nodejs/${process.versions.node}`;
    this.nextRequest = `GET ${PREFIX}invocation/next HTTP/1.1\r\nHost: ${address}\r\nUser-Agent: ${agent}\r\n\r\n`;
    this.onEvent = undefined;
    this.ending = false;
  }

  /** Calls `onEvent(body, headers)` for every event from now on; header names are in small letters. */
  start(onEvent) {
    if (this.ending) return;
    this.onEvent = onEvent;
    this.#connect();
    this.next();
  }

  /** Asks for the next event. */
  next() {
    if (!this.ending) this.#send(this.nextRequest, [this.#event]);
  }

  /** Answers an invocation, by `response` or `error`, and asks for the next event. */
  answerAndNext(id, route, body, headers = '') {
    if (this.ending) return;
    const post = this.post(`invocation/${id}/${route}`, body, headers);
    this.#send(post + this.nextRequest, [ignore, this.#event]);
  }

  /** Calls `then` once the last answer, if one is on its way, has arrived; there is no next event. */
  end(then) {
    this.ending = true;
    const awaited = this.replies?.awaited ?? [];
    if (awaited.length > 1) awaited[0] = then;
    else then();
  }

  /** Reports what ends the process, and calls `then` when that is known; there is no next event. */
  fail(path, body, headers, then) {
    this.ending = true;
    if (!this.socket) this.#connect();
    this.#send(this.post(path, body, headers), [then]);
  }

  /** The text of a request with a JSON body. */
  post(path, body, headers) {
    const length = Buffer.byteLength(body);
    const head = `POST ${PREFIX}${path} HTTP/1.1\r\nHost: ${this.address}\r\nContent-Type: application/json\r\n`;
    return `${head}${headers}Content-Length: ${length}\r\n\r\n${body}`;
  }

  #connect() {
    this.replies = new Replies();
    const socket = (this.socket = net.connect(this.where));
    socket.on('data', (data) => this.replies.take(data));
    // Hanging up while we wait for a reply: a server that refuses a body may do so without reading it.
    socket.on('error', ignore);
    socket.on('close', () => {
      if (this.socket !== socket || !this.replies.awaited.length) return;
      if (!socket.bytesRead) return gone('it hung up');
      const rest = this.replies.awaited;
      this.#connect();
      if (rest.includes(this.#event)) this.next();
      else rest.forEach((reply) => reply(0, {}, ''));
    });
  }

  #send(text, replies) {
    if (this.socket.destroyed) this.#connect();
    this.replies.awaited.push(...replies);
    this.socket.ref();
    this.socket.write(text);
  }

  #event = (status, headers, body) => {
    if (status !== 200) gone(`it has no next event: ${status} ${body}`);
    // While the function runs, only what the function waits for keeps the process alive.
    this.socket.unref();
    this.onEvent(body, headers);
  };
}

/** Takes replies apart, however their bytes arrive. */
class Replies {
  awaited = [];
  #rest = Buffer.alloc(0);
  #body;

  take(data) {
    if (this.#body) data = this.#fill(data);
    if (this.#rest.length) data = Buffer.concat([this.#rest, data]);
    this.#rest = data;
    while (!this.#body && this.#rest.length && this.#head());
  }

  #head() {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) {
      if (this.#rest.length > HEAD_MAX) gone('its headers have no end');
      return false;
    }
    const [first, ...lines] = this.#rest.toString('utf8', 0, end).split('\r\n');
    const headers = {};
    for (const line of lines) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    if ('transfer-encoding' in headers) gone('it answered in chunks, which this client does not read');
    const length = Number(headers['content-length'] ?? 0);
    const rest = this.#rest.subarray(end + 4);
    const status = Number(first.split(' ', 2)[1]);
    if (rest.length >= length) {
      this.#rest = rest.subarray(length);
      this.#deliver(status, headers, rest.toString('utf8', 0, length));
    } else {
      this.#rest = Buffer.alloc(0);
      this.#body = { status, headers, parts: [rest], missing: length - rest.length };
    }
    return true;
  }

  /** Adds to a body that came in part; returns what is beyond it. */
  #fill(data) {
    const body = this.#body;
    body.parts.push(data.subarray(0, body.missing));
    const rest = data.subarray(body.missing);
    body.missing -= data.length - rest.length;
    if (body.missing === 0) {
      this.#body = undefined;
      this.#deliver(body.status, body.headers, Buffer.concat(body.parts).toString('utf8'));
    }
    return rest;
  }

  #deliver(status, headers, body) {
    if (status >= 200) this.awaited.shift()(status, headers, body);
  }
}

function ignore() {}

function gone(reason) {
  process.stderr.write(`the Runtime API is of no use any more: ${reason}\n`);
  process.exit(1);
}

module.exports = { Api, PREFIX };
