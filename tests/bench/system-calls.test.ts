import { expect, it } from 'vitest';
import { SYSTEM_CALL } from '../../bench/recorded.ts';
import { systemCallNotes } from '../../bench/system-calls.ts';
import { result } from './bench-run.ts';

function row(name: string, limit: string, ours: number, qemu: number) {
  return result(name, { limit, rounds: { ours: [ours], qemu: [qemu] } });
}

const call = result(SYSTEM_CALL, {
  limit: 'koffi',
  rounds: { ours: [330], qemu: [280], c: [270] },
});

it('the price of a call, and rows with calls against rows without', () => {
  const notes = systemCallNotes([
    row('a', 'V8’s code: no system call', 200, 100),
    row('b', 'V8: a generator goes on', 50, 100),
    row('c', 'a system call: the poll', 300, 200),
    row('d', 'system calls: write, wait', 300, 200),
    row('e', 'ours: epoll from 8 fds on', 1, 1000),
    call,
  ]);
  expect(notes[0]).toBe('One system call takes 270 ns here, and 330 ns from JavaScript.');
  expect(notes[1]).toMatch(
    /with system calls take 1\.50 times.* without 1\.00 .*: with to without is 1\.50\./,
  );
});

it('says nothing of what was not measured', () => {
  expect(systemCallNotes([row('a', 'V8: a generator', 200, 100)])).toEqual([]);
  expect(systemCallNotes([result(SYSTEM_CALL)])).toEqual([]);
});
