/** Every piece of the museum: the buggy one shows the bug, the mended one does not. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exhibit, show } from '../../../src/cli/museum/exhibit.ts';
import {
  type Piece,
  type PieceScenario,
  readPieces,
  withExpect,
} from '../../../src/cli/museum/pieces.ts';
import { WEAKNESSES } from '../../../src/cli/weak/weaknesses.ts';
import { root } from '../../support/run.ts';
import { list, read } from '../../tree/files.ts';

const pieces = readPieces(join(root, 'scenarios', 'museum'));
const expectOf = ({ text }: PieceScenario): unknown => (parse(text) as { expect: unknown }).expect;

const byScenarios = pieces.flatMap(({ id, shown }) =>
  shown.kind === 'scenarios' ? [[id, shown] as const] : [],
);
const byProgram = pieces.flatMap((piece) =>
  piece.shown.kind === 'program' ? [[piece.id, piece] as const] : [],
);

it('there are pieces of each kind, and each weakness has one', () => {
  expect(byScenarios.length).toBeGreaterThan(10);
  expect(byProgram.length).toBeGreaterThan(5);
  const weak = new Set(byScenarios.flatMap(([, { buggy }]) => buggy.weaknesses));
  expect([...weak].sort()).toEqual([...WEAKNESSES].sort());
});

describe.each(byScenarios)('%s', (_, { buggy, mended }) => {
  it('the buggy one shows the bug, and the mended one is as it should be', () => {
    expect(show(buggy).failures).toEqual([]);
    expect(show(mended).failures).toEqual([]);
    expect(mended.weaknesses).toEqual([]);
  });

  // So a weakening that does nothing is found, and expectations that hold for both.
  it('neither is what is expected of the other', () => {
    const buggyAsMended = { ...buggy, text: withExpect(buggy.text, expectOf(mended)) };
    expect(show(buggyAsMended).failures).not.toEqual([]);
    const mendedAsBuggy = { ...mended, text: withExpect(mended.text, expectOf(buggy)) };
    expect(show(mendedAsBuggy).failures).not.toEqual([]);
  });
});

it.each(byProgram)('%s: the weakened program fails, the shipped one does not', async (_, piece) => {
  const shown = await exhibit(null, piece);
  expect(shown).toMatchObject({ kind: 'program', mended: { error: null, ended: 'done' } });
  expect(shown!.buggy).toMatchObject({ error: expect.any(String), isShortest: true });
});

it('every scenario of a piece names its schema, and says in a comment what it is', () => {
  const files = list('scenarios/museum', '.yaml');
  expect(files.length).toBeGreaterThan(20);
  const wrong = files.filter((file) => {
    const [schema, comment] = read(file).split('\n');
    return (
      !schema!.endsWith('$schema=../../../schema/scenario.schema.json') ||
      !/^# [A-Z`]/.test(comment!)
    );
  });
  expect(wrong).toEqual([]);
});

/** The rows of the table in docs/museum.md. */
function row({ id, title, where, shown }: Piece): string {
  const by =
    shown.kind === 'program'
      ? `explore ${shown.program} --without ${shown.without}`
      : (shown.buggy.weaknesses[0] ?? 'two scenarios');
  return `| [${id}](../scenarios/museum/${id}/about.md) | ${title} | ${where} | ${by} |`;
}

it('docs/museum.md has a row for each', () => {
  const rows = readFileSync(join(root, 'docs', 'museum.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ['));
  expect(rows).toEqual(pieces.map(row));
});
