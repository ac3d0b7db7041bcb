/**
 * Checks the types of projects: `check-types TYPESCRIPT DIR...`, and prints what is wrong, as JSON by
 * folder. Like tsc in each, but the files that several have are read once, and the libraries of
 * Node and TypeScript, which take longer than all the rest, are not checked themselves.
 */

const { join } = require('node:path');

const [typescript, ...dirs] = process.argv.slice(2);
const ts = require(typescript);
const parsed = new Map();

/** A host whose files are parsed once for each of the modes that options can give them. */
function hostFor(options) {
  const host = ts.createCompilerHost(options);
  const parse = host.getSourceFile;
  host.getSourceFile = (path, mode, ...rest) => {
    const key = JSON.stringify([path, mode]);
    if (!parsed.has(key)) parsed.set(key, parse.call(host, path, mode, ...rest));
    return parsed.get(key);
  };
  return host;
}

function isOthers(program, file) {
  if (program.isSourceFileDefaultLibrary(file)) return true;
  return /\/node_modules\/(?!qemu-loop\/)/.test(file.fileName);
}

function check(dir) {
  const { config, error } = ts.readConfigFile(join(dir, 'tsconfig.json'), ts.sys.readFile);
  const { fileNames, options, errors } = ts.parseJsonConfigFileContent(config, ts.sys, dir);
  const host = hostFor(options);
  const program = ts.createProgram(fileNames, options, host);
  const files = program.getSourceFiles().filter((file) => !isOthers(program, file));
  // CommonJS has copies of the declarations: these are checked once.
  const texts = new Set();
  const once = files.filter(({ text }) => !texts.has(text) && texts.add(text));
  const found = [
    ...(error === undefined ? [] : [error]),
    ...errors,
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...files.flatMap((file) => program.getSyntacticDiagnostics(file)),
    ...once.flatMap((file) => program.getSemanticDiagnostics(file)),
  ];
  const own = files.filter(({ fileName }) => fileName.includes('/qemu-loop/')).length;
  return { own, told: ts.formatDiagnostics(found, host) };
}

console.log(JSON.stringify(Object.fromEntries(dirs.map((dir) => [dir, check(dir)]))));
