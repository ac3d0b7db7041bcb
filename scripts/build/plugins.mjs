// What esbuild is told beyond its options: what stays out of a bundle, and what is taken another way.
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the bundles will be, which koffi's path is relative to. */
const dist = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist');

/** Imports of files that have bundles of their own, in the same folder as their importers. */
export const apart = (...names) => ({
  name: 'apart',
  setup(on) {
    on.onResolve({ filter: new RegExp(`/(${names.join('|')})\\.ts$`) }, ({ path }) => ({
      path: `./${path.split('/').at(-1).replace('.ts', '.cjs')}`,
      external: true,
    }));
  },
});

/** Only `fuzz` needs it, and every run would read it and keep its code. */
export const fastCheckApart = {
  name: 'fast-check-apart',
  setup(on) {
    on.onResolve({ filter: /^fast-check$/ }, () => ({ path: './fast-check.cjs', external: true }));
  },
};

/**
 * The command must start fast. So pino, the report and the scenarios have bundles of their own,
 * loaded only where they are wanted; and
 * commander does not bring node:child_process, which it needs only for
 * subcommands that are programs of their own.
 */
export const startFast = {
  name: 'start-fast',
  setup(on) {
    on.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('commander') ? { path: 'child_process', namespace: 'unused' } : undefined,
    );
    on.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** koffi's native module is taken directly, and on Linux only. */
export const directKoffi = {
  name: 'direct-koffi',
  setup(on) {
    on.onResolve({ filter: /^koffi$/ }, ({ kind }) =>
      kind === 'require-call'
        ? { path: 'koffi', external: true }
        : { path: 'koffi', namespace: 'native-koffi' },
    );
    on.onLoad({ filter: /.*/, namespace: 'native-koffi' }, () => ({ contents: nativeKoffi() }));
  },
};

/**
 * koffi's own JavaScript looks for its native module for 5 ms. Where the one is
 * still there that it finds now, that is taken; else koffi is asked.
 */
function nativeKoffi() {
  const require = createRequire(import.meta.url);
  const { version } = require('koffi');
  const native = Object.keys(require.cache).find((path) => path.endsWith('koffi.node'));
  const path = JSON.stringify(relative(dist, native));
  return `
    function load() {
      try {
        const native = require(__dirname + '/' + ${path});
        if (native.version === ${JSON.stringify(version)}) return native;
      } catch {}
      return require('koffi');
    }
    export default process.platform === 'linux' ? load() : undefined;
  `;
}

/** zod brings its messages in all languages; scenario files have messages of their own. */
export const oneLanguage = {
  name: 'one-language',
  setup(on) {
    on.onLoad({ filter: /zod\/v4\/locales\/[\w-]+\.js$/ }, ({ path }) =>
      /\/(en|index)\.js$/.test(path) ? undefined : { contents: 'export default () => ({});' },
    );
  },
};
