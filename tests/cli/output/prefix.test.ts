import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LineOutput } from '../../../src/cli/output/output.ts';
import { type ChildPipes, Prefixer } from '../../../src/cli/output/prefix.ts';
import { F_DUPFD_CLOEXEC } from '../../../src/host/constants.ts';
import type { Host } from '../../../src/host/host.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';

/** Takes lines, and is full as long as the test wants. */
class Taken implements LineOutput {
  full = false;
  text = '';
  /** Called for each write. */
  onWrite = (): void => {};

  onRoom(): void {}
  onBroken(): void {}
  holdsLine(): boolean {
    return false;
  }
  write(_fd: number, bytes: Uint8Array): void {
    this.text += new TextDecoder().decode(bytes);
    this.onWrite();
  }
}

let host: Host;
let loop: MainLoop;
let taken: Taken;
let prefixer: Prefixer;
/** The child's stdout, held open as by a process left behind. */
let held: number;

beforeEach(() => {
  host = new LinuxHost();
  loop = new MainLoop({ host });
  taken = new Taken();
  prefixer = new Prefixer({ loop, outputFor: () => taken, stdin: 0 });
  const pipes: ChildPipes = prefixer.openFor(1, '> ');
  held = host.fcntl(pipes.stdout, F_DUPFD_CLOEXEC, 0);
  pipes.started();
});
afterEach(() => {
  prefixer.abandon();
  host.close(held);
  loop.close();
  host.dispose();
});

/** Writes as the child, or as a process that it left behind. */
function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  const buffer = host.alloc(bytes.length);
  buffer.u8.set(bytes);
  host.write(held, buffer, 0, bytes.length);
}

/** The memory in use, without what waits to be collected. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test('a stream that has ended is not kept', () => {
  expect(prefixer.open).toBe(2);
  loop.mainLoopWait(true);
  expect(prefixer.open).toBe(1);
});

test('a drain reads nothing while the output is full, and everything when it is not', () => {
  write('one\n');
  taken.full = true;
  expect(prefixer.drain()).toBe(false);
  expect(taken.text).toBe('');
  taken.full = false;
  expect(prefixer.drain()).toBe(true);
  expect(taken).toMatchObject({ text: '> one\n' });
});

test('a drain ends, however much a process left behind still writes', () => {
  const line = `${'x'.repeat(8191)}\n`;
  let writes = 0;
  taken.onWrite = () => {
    expect(++writes).toBeLessThan(100);
    write(line);
  };
  write('first\n');
  expect(prefixer.drain()).toBe(true);
  expect(taken.text.startsWith('> first\n')).toBe(true);
});

test('a line that comes byte by byte stays one line, and takes no more memory than it has bytes', () => {
  const bytes = 20_000;
  const dot = host.alloc(1);
  dot.u8[0] = '.'.charCodeAt(0);
  const before = memory();
  for (let i = 0; i < bytes; i++) {
    host.write(held, dot, 0, 1);
    loop.mainLoopWait(true);
  }
  // Each byte by itself would take some hundred.
  expect(memory() - before).toBeLessThan(100 * bytes);
  write('\n');
  loop.mainLoopWait(true);
  expect(taken.text).toBe(`> ${'.'.repeat(bytes)}\n`);
});
