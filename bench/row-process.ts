import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Side } from './result.ts';
import type { Row, Section } from './row.ts';

/** The sides that a row may measure by itself. */
const MEASURED = ['ours', 'c', 'node', 'tini', 'catatonit'] as const satisfies readonly Side[];
type Measured = (typeof MEASURED)[number];

/** A row without its functions, as it goes from process to process. */
interface About {
  readonly row: Row;
  readonly measured: readonly Measured[];
}

/**
 * A row in a process of its own, as the C programs are: code that V8 has made for
 * one row's callbacks would be slower for another's.
 */
export async function rowInProcess(section: Section, index: number): Promise<Row> {
  const child = fork(process.argv[1]!, ['--row', section.name, String(index)]);
  const gone = once(child, 'exit').then(([status, signal]) => {
    throw new Error(`${section.name}, row ${index}: its process ended: ${signal ?? status}`);
  });
  gone.catch(() => {});
  const answer = (): Promise<unknown> =>
    Promise.race([once(child, 'message').then(([message]) => message), gone]);
  const ask = (side: Measured) => async (): Promise<number> => {
    child.send(side);
    return (await answer()) as number;
  };
  const { row, measured } = (await answer()) as About;
  return {
    ...row,
    ...Object.fromEntries(measured.map((side) => [side, ask(side)])),
    close: () => child.disconnect(),
  };
}

/** Is such a process: measures what it is asked for, until its parent is done. */
export function serveRow(sections: readonly Section[], name: string, index: number): void {
  const row = sections.find((section) => section.name === name)!.rows[index]!();
  const measured = MEASURED.filter((side) => typeof row[side] === 'function');
  process.on('message', async (side: Measured) => {
    process.send!(await (row[side] as () => Promise<number> | number)());
  });
  process.on('disconnect', () => {
    row.close?.();
    process.exit();
  });
  process.send!({ row: JSON.parse(JSON.stringify(row)), measured } satisfies About);
}
