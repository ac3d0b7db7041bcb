import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { connect } from '../../src/io/connect.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { IOThread } from '../../src/thread/iothread.ts';
import { MachineState } from '../../src/thread/machine-state.ts';
import { expectNoLeaks, held } from '../support/leaks.ts';

const module = join(import.meta.dirname, '..', 'thread', 'modules', 'echo.mjs');

it('a listener and its connections stand in an IOThread, and are called there', () => {
  const host = new LinuxHost();
  const before = held(host);
  const loop = new MainLoop({ host });
  const machine = new MachineState({ host, loop });
  const words = new Int32Array(new SharedArrayBuffer(8));
  const path = `qemu-loop-iothread-${process.pid}`;
  const io = new IOThread({ machine, name: 'io0', module, data: { words, path } });
  const got: string[] = [];
  let isOver = false;
  const client = connect({
    loop,
    address: { path, abstract: true },
    onLine(line) {
      got.push(line);
      if (got.length === 2) client.end();
      else client.write('two\n');
    },
    onClose: (error) => {
      expect(error).toBe(null);
      isOver = true;
    },
  });
  client.write('one\n');
  while (!isOver) loop.mainLoopWait(false);
  host.futexWait(words, 1, 0, -1);
  expect([...words]).toEqual([1, 1]);
  expect(got).toEqual([`one in ${io.threadId}`, `two in ${io.threadId}`]);
  expect(io.threadId).not.toBe(host.gettid());
  io.dispose();
  machine.dispose();
  loop.dispose();
  expectNoLeaks(host, before);
  host.dispose();
});
