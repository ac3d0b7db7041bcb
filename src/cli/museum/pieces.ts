/** The pieces of the museum: a folder for each, with an about.md and the scenarios that show it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { WEAKNESSES, type Weakness } from '../weak/weaknesses.ts';

/** A scenario of a piece. */
export interface PieceScenario {
  /** Relative to the museum. */
  readonly file: string;
  readonly text: string;
  /** The weaknesses of the kernel that it runs on. */
  readonly weaknesses: readonly Weakness[];
}

/** Two scenarios, or one on a sound kernel and a weakened one. */
interface ShownByScenarios {
  readonly kind: 'scenarios';
  readonly buggy: PieceScenario;
  readonly mended: PieceScenario;
}

/** A program of the explorer, and one of its weakenings. */
interface ShownByProgram {
  readonly kind: 'program';
  readonly program: string;
  readonly without: string;
}

export interface Piece {
  readonly id: string;
  readonly title: string;
  /** The projects that had it, with public numbers. */
  readonly where: string;
  /** Paragraphs. */
  readonly about: readonly string[];
  /** Points to look at. */
  readonly look: readonly string[];
  readonly shown: ShownByScenarios | ShownByProgram;
}

const TEXT = z.string().min(1);
const HEAD = z.union([
  z.strictObject({ where: TEXT }),
  z.strictObject({ where: TEXT, program: TEXT, without: TEXT }),
  z.strictObject({
    where: TEXT,
    scenario: TEXT,
    weakness: z.enum(WEAKNESSES),
    /** The `expect` of the run with the bug. */
    bug: z.record(z.string(), z.unknown()),
  }),
]);
const FORM =
  /^---\n(?<head>.*?)\n---\n# (?<title>[^\n]+)\n\n(?<about>.*?)\n\n## Look at\n\n(?<look>.*)$/s;

/** All pieces of a museum, by their ids. @throws Error if one does not have the form of a piece */
export function readPieces(museum: string): Piece[] {
  const folders = readdirSync(museum, { withFileTypes: true }).filter((one) => one.isDirectory());
  return folders.map(({ name }) => readPiece(museum, name)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

function readPiece(museum: string, id: string): Piece {
  const file = join(museum, id, 'about.md');
  const parts = FORM.exec(readFileSync(file, 'utf8'))?.groups;
  if (parts === undefined) throw new Error(`${file} does not have the form of a piece`);
  const head = HEAD.safeParse(parse(parts.head!));
  if (!head.success) throw new Error(`${file}: ${z.prettifyError(head.error)}`);
  return {
    id,
    title: parts.title!,
    where: head.data.where,
    about: parts.about!.split('\n\n').map(oneLine),
    look: parts.look!.trim().replace(/^- /, '').split('\n- ').map(oneLine),
    shown: shownBy(museum, id, head.data),
  };
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}

function shownBy(museum: string, id: string, head: z.infer<typeof HEAD>): Piece['shown'] {
  if ('program' in head) return { kind: 'program', program: head.program, without: head.without };
  if (!('weakness' in head)) {
    const [buggy, mended] = ['buggy.yaml', 'mended.yaml'].map((name) =>
      readScenario(museum, join(id, name)),
    );
    return { kind: 'scenarios', buggy: buggy!, mended: mended! };
  }
  const mended = readScenario(museum, join(id, head.scenario));
  const text = withExpect(mended.text, head.bug);
  return {
    kind: 'scenarios',
    buggy: { ...mended, text, weaknesses: [head.weakness] },
    mended,
  };
}

function readScenario(museum: string, file: string): PieceScenario {
  return { file, text: readFileSync(join(museum, file), 'utf8'), weaknesses: [] };
}

/** The same scenario with other expectations. */
export function withExpect(text: string, expect: unknown): string {
  return stringify({ ...(parse(text) as object), expect });
}
