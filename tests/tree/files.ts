/** The tree, as the tests of this folder read it. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface SourceFile {
  /** From the root of the tree, e.g. src/aio/timer.ts. */
  readonly path: string;
  readonly text: string;
  /** The text without comments and the insides of strings. */
  readonly code: string;
  readonly imports: readonly Import[];
}

export interface Import {
  /** From the root of the tree, or the name of a package. */
  readonly from: string;
  /** What it was exported as; `*` for all. */
  readonly names: readonly string[];
  /** Whether it is of types alone, so that nothing of it is there when the program runs. */
  readonly isType: boolean;
}

/** Files below a folder whose names end so, by path from the root. */
export function list(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith('node_modules') && !path.includes('/node_modules/'))
    .sort();
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export function sources(folder: string): SourceFile[] {
  return list(folder, '.ts').map((path) => {
    const text = read(path);
    return { path, text, code: withoutComments(text), imports: importsOf(path, text) };
  });
}

/** Strings keep their quotes, so that the code stays in shape. */
export function withoutComments(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+\/[a-z]*(?=[,).;\s])/g;
  return text.replace(token, (match) => (match.startsWith('/') ? ' ' : "''"));
}

function importsOf(path: string, text: string): Import[] {
  const imports: Import[] = [];
  const statement = /(?:^|\n)(?:import|export)\s+(type\s+)?([^;'"]*?)\s*from\s+'([^']+)'/g;
  for (const [, type, clause, from] of text.matchAll(statement)) {
    const isType = type !== undefined || isOfTypes(clause!);
    imports.push({ from: resolve(path, from!), names: namesOf(clause!), isType });
  }
  const bare = /(?:(?:^|\n)import\s+|import\()'([^']+)'/g;
  for (const [, from] of text.matchAll(bare))
    imports.push({ from: resolve(path, from!), names: ['*'], isType: false });
  return imports;
}

function resolve(path: string, from: string): string {
  return from.startsWith('.') ? normalize(join(dirname(path), from)) : from;
}

/** `{ type A, type B }` */
function isOfTypes(clause: string): boolean {
  const braces = clause.match(/^\{([\s\S]*)\}$/);
  if (braces === null) return false;
  const parts = braces[1]!.split(',').map((part) => part.trim());
  return parts.every((part) => part === '' || part.startsWith('type '));
}

function namesOf(clause: string): string[] {
  const braces = clause.match(/\{([\s\S]*)\}/);
  if (braces === null) return ['*'];
  return braces[1]!
    .split(',')
    .map(
      (part) =>
        part
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0]!,
    )
    .filter((name) => name !== '');
}
