import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runAlone, runUnder } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'vcpu-child.ts');
const modules = join(import.meta.dirname, 'modules');

const CASES: Readonly<Record<string, readonly unknown[]>> = {
  starts_and_stops: [
    ['before', true, 0, false, false],
    ['after', true, 0, false],
    0,
    [true, false, true],
    true,
  ],
  work_is_done_in_order_with_the_bql: [1234, [7, 1, true], 299],
  a_full_queue: ["128: vCPU 'cpu0': too many calls wait already", 9],
  halts_until_an_interrupt: [
    [1, true],
    [2, true],
    [3, true],
  ],
  a_kick_ends_a_system_call: [true],
  the_device_model_is_one_threads: [true, true],
  calls_of_vcpus: [5],
  a_vcpu_pauses_all: [1, 1, false, [true, true, true], [2, 1, 0], true],
  a_vcpu_asks_to_stop_the_machine: [
    [1, true, false, 1],
    [false, true, [true, false]],
  ],
  others_end: [1, true, 3],
  a_vcpu_starts_the_clock_of_others: ['ticks'],
  a_vcpu_that_fails: [
    'RangeError: of the work',
    true,
    ['RangeError: of the program', 'RangeError: of the work'],
    false,
    "Error: vCPU 'cpu0' has ended",
    "Error: vCPU 'cpu0' has ended",
  ],
  work_that_fails: [
    'RangeError: of the work',
    true,
    false,
    5,
    'nothing',
    'RangeError: of the work',
    5,
    [
      "Error: vCPU 'cpu2': its work 'fail' has thrown: main's loop throws the error",
      'RangeError: of the work',
    ],
  ],
  an_unknown_work: [
    "RangeError: vCPU 'cpu0': its module's work has no 'no such work'",
    ["vCPU 'cpu0': its module's work has no 'no such work'"],
  ],
  the_virtual_clock_of_every_thread: [
    ['stopped', 0, true],
    ['stopped again', 0, true],
    ['started', true],
  ],
};

it.each(Object.entries(CASES))('%s', async (name, said) => {
  const ended = await runAlone(program, name, modules);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual([...said, 'left 0']);
});

it('a kick ends a system call, if the parent has blocked all signals', async () => {
  const by = ['env', '--block-signal'];
  const ended = await runUnder(by, program, 'a_kick_ends_a_system_call', modules);
  expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual([true, 'left 0']);
});
