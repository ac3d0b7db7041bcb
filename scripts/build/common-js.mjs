// Makes dist/cjs of the library's ESM: what Node runs, by require and by import. What a thread needs is one
// file there, core-code.js, in parts: V8 keeps its code as a whole, and import and require share its classes.
// Each part is a chunk of the ESM, whose imports have become constants: esbuild's own CommonJS reads each
// imported name through a getter, each time.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const IMPORT = /^import (?:([^"]*?) from )?"([^"]+)";\n/gm;
const EXPORT = /^export \{\n([^}]*)\n\};\n/m;
const COMMENT = /^ *\/\*\*[\s\S]*?\*\/\n/gm;
const CHUNK = /^\.\/(.*)\.js$/;

/** The parts of the core, besides the chunks that these import. */
const IN_CORE = ['index', 'thread-entry'];
/** For import in Node: the names of the CommonJS ones. */
const ENTRIES = ['index', 'scenario', 'sim'];

/** Of `a as b`, in an import or an export. */
function renamed(text) {
  return text
    .split(',')
    .map((one) => one.trim().split(' as '))
    .filter(([name]) => name !== '');
}

function read(folder, name) {
  const text = readFileSync(join(folder, `${name}.js`), 'utf8').replace(/^\/\/# source.*\n/gm, '');
  const imports = [...text.matchAll(IMPORT)].map(([, clause, from]) => ({ clause, from }));
  const [whole = '', list = ''] = EXPORT.exec(text) ?? [];
  const exported = renamed(list).map(([local, as = local]) => [as, local]);
  const body = text.replace(IMPORT, '').replace(whole, '').replace(COMMENT, '');
  if (/^(?:import|export)\b/m.test(body)) throw new Error(`${name}.js: an import of another shape`);
  // Read as latin1.
  if (/[^\0-\x7f]/.test(body)) throw new Error(`${name}.js: not ASCII`);
  return { name, imports, exported, body };
}

/** The chunks that an entry imports, with those that they import. */
function reached(files, names) {
  const found = new Set(names);
  for (const name of found) {
    for (const { from } of files.get(name).imports) {
      const [, chunk] = CHUNK.exec(from) ?? [];
      if (chunk !== undefined) found.add(chunk);
    }
  }
  return found;
}

function bound(clause, value) {
  if (clause === undefined) return `${value};\n`;
  if (!clause.startsWith('{')) return `const ${clause} = ${value};\n`;
  const names = renamed(clause.slice(1, -1)).map(([name, as = name]) => `${name}: ${as}`);
  return `const { ${names.join(', ')} } = ${value};\n`;
}

/** The code of a file, and the object that it exports. */
function converted({ imports, exported, body }, chunk) {
  const value = (from) => {
    if (from === 'koffi') return '__koffi()';
    const [, name] = CHUNK.exec(from) ?? [];
    return name === undefined ? `require(${JSON.stringify(from)})` : chunk(name);
  };
  const url = body.includes('import.meta.url')
    ? "const __url = require('node:url').pathToFileURL(__filename).href;\n"
    : '';
  const head = imports.map(({ clause, from }) => bound(clause, value(from))).join('');
  const code = body
    .replaceAll('import.meta.url', '__url')
    .replace(
      /\bimport\("(\.\/[^"]+)"\)/g,
      (_, from) => `Promise.resolve().then(() => ${value(from)})`,
    )
    .replace(/\bimport\(/g, '__import(');
  const object = `{ ${exported.map(([as, local]) => `${as}: ${local}`).join(', ')} }`;
  return { code: url + head + code, object };
}

/** A module of CommonJS that runs, or, where there is no module, a script that gives the function to run. */
function coreCode(files, inCore) {
  const parts = [...inCore].map((name) => {
    const { code, object } = converted(files.get(name), (chunk) =>
      inCore.has(chunk) ? `__part("${chunk}")` : `require("./${chunk}.js")`,
    );
    return `${JSON.stringify(name)}() {\n${code}return ${object};\n},\n`;
  });
  return `((run) => typeof module === 'object' ? run(require, module, __filename) : run)
(function (require, module, __filename) {
'use strict';
function __koffi() {
  if (process.platform !== 'linux') return undefined;
  const path = require('node:worker_threads').workerData?.koffiFile;
  try {
    if (typeof path === 'string') return require(path);
  } catch {}
  return require('koffi');
}
// Code that vm compiles cannot import by itself.
const __import = module.import ?? ((url) => import(url));
const made = Object.create(null);
const __part = (name) => (made[name] ??= parts[name]());
const parts = {
${parts.join('')}};
module.exports = __part;
});
`;
}

/**
 * @param fresh the folder of the ESM; gets the folders cjs and node
 * @param core the file that loads core-code.js
 */
export function writeCommonJs(fresh, core) {
  const folder = join(fresh, 'cjs');
  mkdirSync(folder);
  // Node takes the .js files there for CommonJS then, and TypeScript its .d.ts.
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  const names = readdirSync(fresh)
    .filter((file) => /\.js$/.test(file) && !/^(play|report)-/.test(file))
    .map((file) => file.slice(0, -3));
  const files = new Map(names.map((name) => [name, read(fresh, name)]));
  const inCore = reached(files, IN_CORE);
  writeFileSync(join(folder, 'core-code.js'), coreCode(files, inCore));
  copyFileSync(core, join(folder, 'core.js'));
  const chunk = (name) =>
    inCore.has(name) ? `require("./core.js")("${name}")` : `require("./${name}.js")`;
  for (const name of names) {
    if (inCore.has(name) && !IN_CORE.includes(name)) continue;
    writeFileSync(join(folder, `${name}.js`), fileOf(files.get(name), inCore, chunk));
  }
  mkdirSync(join(fresh, 'node'));
  for (const name of ENTRIES) {
    const exported = files.get(name).exported.map(([as]) => as);
    const code = `import all from '../cjs/${name}.js';\nexport const { ${exported.join(', ')} } = all;\n`;
    writeFileSync(join(fresh, 'node', `${name}.js`), code);
  }
}

function fileOf(file, inCore, chunk) {
  if (inCore.has(file.name)) return `module.exports = ${chunk(file.name)};\n`;
  const { code, object } = converted(file, chunk);
  // Others take the default export for the whole.
  const marked = file.exported.some(([as]) => as === 'default')
    ? "Object.defineProperty(module.exports, '__esModule', { value: true });\n"
    : '';
  return `'use strict';\n${code}module.exports = ${object};\n${marked}`;
}
