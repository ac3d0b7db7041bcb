import { fork } from 'node:child_process';
import { once } from 'node:events';
import { SIDES, type Side } from './result.ts';
import type { Row, Section } from './row.ts';

/** A row without its functions, to pass between processes. */
interface About {
  readonly row: Row;
  /** The sides that the row measures itself. */
  readonly measured: readonly Side[];
}

type Answer<T> = { readonly is: T } | { readonly error: string };

/**
 * Runs a row in a process of its own, as the C programs are: otherwise code that V8 has
 * compiled for one row's callbacks would slow down another's.
 */
export async function rowInProcess(section: Section, index: number): Promise<Row> {
  const child = fork(process.argv[1]!, ['--row', section.name, String(index)]);
  const gone = once(child, 'exit').then(([status, signal]) => {
    throw new Error(`${section.name}, row ${index}: its process ended: ${signal ?? status}`);
  });
  gone.catch(() => {});
  const answer = async <T>(): Promise<T> => {
    const message = once(child, 'message').then(([one]) => one as Answer<T>);
    const given = await Promise.race([message, gone]);
    if ('error' in given) throw new Error(given.error);
    return given.is;
  };
  const ask = (side: Side) => async (): Promise<number> => {
    child.send(side);
    return answer<number>();
  };
  const { row, measured } = await answer<About>();
  return {
    ...row,
    ...Object.fromEntries(measured.map((side) => [side, ask(side)])),
    close: () => child.disconnect(),
  };
}

/** The other end: measures on request, until the parent is done. */
export async function serveRow(
  sections: readonly Section[],
  name: string,
  index: number,
): Promise<void> {
  let row: Row | undefined;
  process.on('disconnect', () => {
    row?.close?.();
    process.exit();
  });
  await answer((): About => {
    const made = sections.find((section) => section.name === name)!.rows[index]!();
    row = made;
    const measured = SIDES.filter((side) => typeof made[side] === 'function');
    return { row: JSON.parse(JSON.stringify(made)), measured };
  });
  if (row === undefined) process.exit();
  const served = row;
  process.on('message', (side: Side) => answer(served[side] as () => Promise<number> | number));
}

async function answer<T>(of: () => Promise<T> | T): Promise<void> {
  let given: Answer<T>;
  try {
    given = { is: await of() };
  } catch (error) {
    given = { error: (error as Error).message.trim() };
  }
  await new Promise<void>((resolve) => process.send!(given, () => resolve()));
}
