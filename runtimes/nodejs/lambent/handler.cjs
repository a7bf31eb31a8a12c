'use strict';
// From the name of a handler to its function: CommonJS, ES modules, nested exports. Never calls the function.

const fs = require('fs');
const { createRequire } = require('module');
const path = require('path');
const errors = require('./errors.cjs');

// Whose require a function is loaded by is told where a module is missing: AWS's is this file, there or not.
const requireForFunction = createRequire(path.join(path.dirname(__dirname), 'index.mjs'));

/** Loads `path/module.export.nested` below the function's root. */
async function find(root, name) {
  if (name.includes('..')) {
    throw new errors.MalformedHandlerName(
      `'${name}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const base = path.basename(name);
  const folder = name.slice(0, name.indexOf(base));
  const dot = base.indexOf('.');
  if (dot < 0) throw new errors.MalformedHandlerName('Bad handler');
  const module = await load(root, folder, base.slice(0, dot));
  const found = base
    .slice(dot + 1)
    .split('.')
    .reduce((nested, key) => nested && nested[key], module);
  if (!found) throw new errors.HandlerNotFound(`${name} is undefined or not exported`);
  if (typeof found !== 'function') throw new errors.HandlerNotFound(`${name} is not a function`);
  return found;
}

async function load(root, folder, module) {
  try {
    return await loadFile(path.resolve(root, folder, module), root, folder, module);
  } catch (error) {
    if (error instanceof SyntaxError) throw new errors.UserCodeSyntaxError(error);
    if (error?.code === 'MODULE_NOT_FOUND') throw new errors.ImportModuleError(error);
    throw error;
  }
}

async function loadFile(file, root, folder, module) {
  if (fs.existsSync(file)) {
    const loaded = requireForFunction(file);
    if (loaded) return loaded;
  }
  const js = file + '.js';
  if (fs.existsSync(js)) {
    const loaded = isEsm(path.dirname(js)) ? await import(js) : requireForFunction(js);
    if (loaded) return loaded;
  }
  if (fs.existsSync(file + '.mjs')) return import(file + '.mjs');
  if (fs.existsSync(file + '.cjs')) return requireForFunction(file + '.cjs');
  return requireForFunction(requireForFunction.resolve(module, { paths: [root, folder] }));
}

/** Whether the nearest package.json says that `.js` files are ES modules. */
function isEsm(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) {
    try {
      return JSON.parse(fs.readFileSync(file)).type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder !== '/' && isEsm(path.dirname(folder));
}

module.exports = { find };
