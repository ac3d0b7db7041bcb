import { expect, it } from 'vitest';
import { list, read } from './files.ts';

const MOST_LINES = 300;

/** Longer ones, and why. */
const LONG: Readonly<Record<string, string>> = {
  'src/trace/catalogue.ts': 'one table, of every trace event',
  'src/host/host.ts': 'one method for each call of the kernel, with its results and errors',
  'src/host/calls.ts': 'one table, of every call of a Host',
  'src/host/errno.ts': 'one table, of every errno',
  'src/host/lenses/lens.ts': 'one line for each of Host’s calls',
  'src/host/linux/linux-host.ts': 'one line for each of Host’s calls',
  'src/host/sim/sim-host.ts': 'one line for each of Host’s calls',
  'src/aio/aio-context.ts': 'one method for each of AioContext’s functions',
};

function lines(path: string): number {
  return read(path).split('\n').length - 1;
}

it('a file has at most 300 lines, except those with a reason', () => {
  const long = list('src', '.ts').filter((path) => lines(path) > MOST_LINES);
  expect(
    long.filter((path) => LONG[path] === undefined).map((path) => `${path}: ${lines(path)}`),
  ).toEqual([]);
});

it('every file in the list of long ones exists and is long', () => {
  const short = Object.keys(LONG).filter((path) => !(lines(path) > MOST_LINES));
  expect(short).toEqual([]);
});
