import { describe, expect, it } from 'vitest';
import { read, sources, withoutComments } from './files.ts';
import { mapRows } from './map-rows.ts';

const rows = mapRows();

/** Whether a file declares a class, function, type or constant, or `Class.member`. */
function declares(code: string, symbol: string): boolean {
  const [name, member] = symbol.split('.') as [string, string?];
  const declaration = new RegExp(`\\b(?:class|interface|function\\*?|const|type) ${name}\\b`);
  const at = code.search(declaration);
  if (at < 0 || member === undefined) return at >= 0;
  const from = code.slice(at + 1);
  const end = from.search(/\n}/);
  // A member stands two spaces in, after its modifiers.
  const word = member.replace('#', '\\#');
  return new RegExp(
    `\\n {2}(?:(?:static|readonly|get|set|override|async|\\*) ?)*${word}\\b\\s*[<(:=?;]`,
  ).test(from.slice(0, end < 0 ? undefined : end));
}

/** The names that comments give as QEMU's: up to the end of the sentence, what looks like C. */
function named(text: string): string[] {
  const joined = text.replace(/\n\s*(?:\*|\/\/) ?/g, ' ');
  return [...joined.matchAll(/QEMU: ((?:[^.]|\.(?=\w))*)/g)].flatMap(([, sentence]) =>
    [...sentence!.replace(/\*\/.*/, '').matchAll(/[A-Za-z]\w*(?:->\w+)?/g)]
      .map(([word]) => word)
      .filter((word) => /_|->|^[A-Z]\w*[A-Z]/.test(word)),
  );
}

describe('docs/qemu-map.md', () => {
  it('has one row for each pair of name and symbol', () => {
    expect(rows.length).toBeGreaterThan(100);
    const keys = rows.map(({ qemu, symbol }) => `${qemu} ${symbol}`);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  it('every row has the four columns: QEMU 7.2, QEMU 11, here, file', () => {
    const lines = read('docs/qemu-map.md').split('\n');
    const inTables = lines.filter((line) => /^\| `.*\| src\/\S+ \|$/.test(line));
    expect(inTables).toHaveLength(rows.length);
    expect(lines.filter((line) => /^\| QEMU/.test(line))).toEqual(
      lines.filter((line) => line === '| QEMU 7.2 | QEMU 11 | here | file |'),
    );
  });

  it('every symbol is in the file that it names', () => {
    const code = new Map<string, string>();
    const wrong = rows.filter(({ symbol, file }) => {
      if (!code.has(file)) code.set(file, withoutComments(read(file)));
      return !declares(code.get(file)!, symbol);
    });
    expect(wrong).toEqual([]);
  });

  it('every name that a comment gives as QEMU’s has a row', () => {
    const known = new Set(rows.map(({ qemu }) => qemu));
    const missing = sources('src').flatMap(({ path, text }) =>
      named(text)
        .filter((name) => !known.has(name))
        .map((name) => `${name} (${path})`),
    );
    expect(missing).toEqual([]);
  });
});
