import { describe, expect, it } from 'vitest';
import { sources } from './files.ts';

/**
 * The rooms of src/cli. One imports only those of the lines before its own: rooms of the same line
 * do not know each other. What stands in src/cli itself puts the rooms together.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['exit'],
  ['text'],
  ['terminal'],
  ['output'],
  ['log'],
  ['options'],
  ['trace', 'qemu', 'record', 'weak', 'drawing'],
  ['watch', 'report'],
  ['spawn', 'run', 'play'],
  ['explore', 'fuzz', 'replay'],
  ['museum'],
];

/** The one file that a room may import of another, and why. */
const ENTRIES: Readonly<Record<string, string>> = {
  // The report of a run is drawn from the events that a ring has kept; the rest of report/ reads and
  // draws. --spawn is given its ring by main.ts.
  'run report': 'src/cli/report/report-command.ts',
};

/** Pairs that the floors would allow. */
const APART: readonly string[] = ['spawn report', 'run report'];

const files = sources('src/cli');

/** The room of a file, with the rooms inside it; '' for a file of src/cli itself. */
function roomOf(path: string): string {
  const [, , room, ...rest] = path.split('/');
  return rest.length === 0 ? '' : room!;
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

function mayImport(path: string, from: string): boolean {
  const [room, other] = [roomOf(path), roomOf(from)];
  if (room === '' || room === other) return true;
  if (other === '') return false;
  const pair = `${room} ${other}`;
  if (APART.includes(pair)) return ENTRIES[pair] === from;
  return floorOf(other) < floorOf(room);
}

describe('the rooms of src/cli', () => {
  it('are all on a floor, and every floor has its rooms', () => {
    const rooms = [...new Set(files.map(({ path }) => roomOf(path)))].filter((room) => room !== '');
    expect(rooms.sort()).toEqual(FLOORS.flat().sort());
  });

  it('import only those that stand before them', () => {
    const wrong = files.flatMap(({ path, imports }) =>
      imports
        .filter(({ from }) => from.startsWith('src/cli/') && !mayImport(path, from))
        .map(({ from }) => `${path} imports ${from}`),
    );
    expect(wrong).toEqual([]);
  });

  it('every entry is still used', () => {
    const used = (pair: string, entry: string): boolean =>
      files.some(
        ({ path, imports }) =>
          roomOf(path) === pair.split(' ')[0] && imports.some(({ from }) => from === entry),
      );
    expect(Object.entries(ENTRIES).filter(([pair, entry]) => !used(pair, entry))).toEqual([]);
  });

  it.each([
    ['src/cli/options/option-values.ts', 'src/cli/spawn/forward.ts'],
    ['src/cli/spawn/session.ts', 'src/cli/run/outcome.ts'],
    ['src/cli/run/job.ts', 'src/cli/spawn/say.ts'],
    ['src/cli/watch/view.ts', 'src/cli/spawn/spawn-watch.ts'],
    ['src/cli/watch/view.ts', 'src/cli/run/run-watch.ts'],
    ['src/cli/spawn/session.ts', 'src/cli/report/report-command.ts'],
    ['src/cli/run/job.ts', 'src/cli/report/model.ts'],
    ['src/cli/exit/leave.ts', 'src/cli/main.ts'],
  ])('%s may not import %s', (path, from) => {
    expect(mayImport(path, from)).toBe(false);
  });

  it("the report's page, which runs in a browser, imports only the report and text/", () => {
    const page = files.filter(({ path }) => path.startsWith('src/cli/report/page/'));
    const others = page.flatMap(({ imports }) =>
      imports.map(({ from }) => from).filter((from) => from.startsWith('src/cli/')),
    );
    const rooms = new Set(others.map(roomOf));
    expect([...rooms].sort()).toEqual(['report', 'text']);
  });
});
