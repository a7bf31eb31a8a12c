'use strict';
// An interpreter that was started before it was known for which function: it waits here, with the runtime loaded.
// Afterwards all is as if it had been started with the environment it is told. Never knows a function before.

const fs = require('fs');
const Module = require('module');

const VARIABLE = '_LAMBENT_PARKED';

/** Waits for the environment, if this interpreter is parked. */
function wait() {
  const number = process.env[VARIABLE];
  if (number === undefined) return;
  preload();
  const told = read(Number(number));
  // Nobody needs it any more.
  if (!told) process.reallyExit(0);
  become(told.split('\0').slice(0, -1));
  // What is mounted there now was not before. The folder we are in may be mounted nowhere any more and has no name then.
  process.chdir(process.env.LAMBDA_TASK_ROOT ?? '/var/task');
}

/** What the first invocation needs of the rest: none of it looks at the environment. */
function preload() {
  require('./handler.cjs');
  void process.stdout;
}

function read(descriptor) {
  const parts = [];
  const part = Buffer.allocUnsafe(65536);
  for (let count; (count = fs.readSync(descriptor, part)) > 0; ) parts.push(Buffer.from(part.subarray(0, count)));
  fs.closeSync(descriptor);
  return Buffer.concat(parts).toString('utf8');
}

/** Sets the environment, for C libraries and children too, and what is derived from it at the start. */
function become(variables) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const variable of variables) {
    const at = variable.indexOf('=');
    process.env[variable.slice(0, at)] = variable.slice(at + 1);
  }
  // NODE_PATH and HOME.
  Module._initPaths();
}

module.exports = { wait };
