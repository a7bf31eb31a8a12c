'use strict';
// What is said of a failure: to the caller, to the log and to X-Ray. Never throws itself.

const XRAY_MAX = 65536;

/** An error class of the platform, `Runtime.…`. */
function kind(name) {
  const made = { [name]: class extends Error {} }[name];
  made.prototype.name = `Runtime.${name}`;
  return made;
}

const kinds = Object.fromEntries(
  [
    'ImportModuleError',
    'HandlerNotFound',
    'MalformedHandlerName',
    'UserCodeSyntaxError',
    'MalformedStreamingHandler',
    'InvalidStreamingOperation',
    'CallbackHandlerDeprecated',
    'NodeJsExit',
  ].map((name) => [name, kind(name)]),
);

/** A promise was rejected and nobody looked. */
class UnhandledPromiseRejection extends Error {
  constructor(reason, promise) {
    super(reason);
    this.reason = reason;
    this.promise = promise;
  }
}
UnhandledPromiseRejection.prototype.name = 'Runtime.UnhandledPromiseRejection';

/** The error as the caller gets it, as JSON. */
function body(error) {
  return JSON.stringify(described(error));
}

function described(error) {
  try {
    if (looksLikeError(error)) {
      return { errorType: clean(error.name), errorMessage: clean(error.message), trace: clean(error.stack).split('\n') };
    }
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage:
        'callback called with Error argument, but there was a problem while retrieving one or more of its message,' +
        ' name, and stack',
    };
  }
}

/** The type of an error, as a header may hold it. */
function type(error) {
  return String(described(error).errorType).replace(/[^\x21-\x7e]/g, '?');
}

/** The error as the log shows it. */
function forLog(error) {
  const shown = error instanceof Error ? error : new Error(error);
  try {
    return '\t' + JSON.stringify(shown, (_key, value) => (value instanceof Error ? withAll(value) : value));
  } catch {
    return '\t' + body(shown);
  }
}

function withAll(error) {
  const shown = { errorType: error.name, errorMessage: error.message, code: error.code, ...error };
  if (typeof error.stack === 'string') shown.stack = error.stack.split('\n');
  return shown;
}

/** The cause for X-Ray in one line of ASCII; nothing if it is too large for a header. */
function xray(error) {
  const known = looksLikeError(error);
  const lines = known ? clean(error.stack).split('\n').slice(1) : [];
  const stack = lines.map((line) => frame(line.trim()));
  const exceptions = [known ? { type: clean(error.name), message: clean(error.message), stack } : { stack }];
  const paths = [...new Set(stack.map((entry) => entry.path))];
  const text = JSON.stringify({ working_directory: process.cwd(), exceptions, paths });
  const ascii = text.replace(/[^\x20-\x7e]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
  return ascii.length > XRAY_MAX ? undefined : ascii;
}

/** `at label (path:line:column)` taken apart. */
function frame(line) {
  const bare = line.replace(/[()]/g, '');
  const text = bare.slice(bare.indexOf(' ') + 1);
  const space = text.lastIndexOf(' ');
  const [path, at] = text.slice(space + 1).split(':');
  return { path, line: parseInt(at, 10), label: (space > 0 && text.slice(0, space)) || 'anonymous' };
}

function looksLikeError(value) {
  if (value instanceof Error || require('util').types.isNativeError(value)) return true;
  return ['name', 'message', 'stack'].every((key) => typeof value?.[key] === 'string' && value[key]);
}

function clean(text) {
  return text?.replace(/\x7F/g, '%7F');
}

module.exports = { ...kinds, UnhandledPromiseRejection, body, forLog, type, xray };
