/** A run of several threads that nothing ends says where each of them stands. */

import { describe, expect, it } from 'vitest';
import { runSim, scenarioOf } from './files.ts';

/** The name and the drive are lines 1 and 2. */
function message(text: string): string {
  const { failures } = runSim(scenarioOf(`name: x\ndrive: aio_poll\n${text}`));
  return failures[0]!.message;
}

const FOR_EVER = 'all threads wait for ever:';

describe('where the threads stand', () => {
  it.each([
    [
      'a lock that another one has',
      'threads: {t: {do: [{lock: bql}]}}\nsteps: [{join: t}]',
      "main in 'join: t' (line 4); t in 'lock: bql' (line 3), which main has",
    ],
    [
      'a thread that nobody starts',
      'threads: {t: {start: false}}\nsteps: [{join: t}]',
      "main in 'join: t' (line 4); t was never started",
    ],
    [
      'a hold without a go_on',
      'iothreads: {io0: {}}\nwords: [w]\nsteps: [{hold: io0}, {wait_for: {w: ">=2"}}]',
      "main in 'wait_for: {w: >=2}' (line 5); io0 is held until a go_on",
    ],
    [
      'a poll that does not see a word',
      'threads: {t: {do: [{put: {w: 1}}]}}\nwords: [w]\nsteps: [settle, {poll: {until: {w: 1}}}]',
      "main in 'poll: {until: {w: 1}}' (line 5), and that is so, but nothing wakes it",
    ],
    [
      'a wait that nobody kicks',
      'threads: {t: {do: [{wait_asleep: main}, {put: {w: 1}}]}}\nwords: [w]\nsteps: [settle, {wait_while: {context: none, while: {w: 0}}}]',
      "main in 'wait_while: {w: 0}' (line 5), and that is over, but nobody kicks",
    ],
    [
      'an action inside another: a callback of a poll, and the poll after it',
      'bottom_halves: {a: {do: [{wait_for: {w: 0}}]}}\nthreads: {}\nwords: [w]\nsteps: [settle, {schedule: a}, {poll: {until: {w: 1}}}]',
      "main in 'poll: {until: {w: 1}}' (line 6)",
    ],
    [
      'the end of the steps',
      'conds: [c]\nvcpus: {cpu0: {do: [halt], loop: forever}}\nthreads: {t: {do: [{lock: bql}, {cond_wait: c}]}}',
      "main waits for the end of the others; cpu0 is halted; t in 'cond_wait: c' (line 5)",
    ],
    [
      'a vCPU that is to be alone, and another that does not leave',
      `vcpus:
  cpu0: {do: [{put: {in: 1}}, {wait_for: {done: 1}}]}
  cpu1: {do: [{wait_for: {in: 1}}, start_exclusive, {put: {done: 1}}]}
  cpu2: {do: [{wait_for: {in: 1}}, halt]}
words: [in, done]
steps: [{unlock: bql}, {wait_for: {in: 1}}, {async_safe_run_on_cpu: {cpu: cpu2, do: []}}]`,
      "main waits for the end of the others; cpu0 in 'wait_for: {done: 1}' (line 4); cpu1 in 'start_exclusive' (line 5); cpu2 waits, since cpu1 is to run alone",
    ],
    [
      'two locks in turns',
      `iothreads: {io0: {}, io1: {}}
words: [one, two]
bottom_halves:
  a: {in: io0, do: [{acquire: io0}, {put: {one: 1}}, {wait_for: {two: 1}}, {acquire: io1}]}
  b: {in: io1, do: [{acquire: io1}, {put: {two: 1}}, {wait_for: {one: 1}}, {acquire: io0}]}
steps: [{schedule: a}, {schedule: b}, {wait_idle: io0}]`,
      "main in 'wait_idle: io0' (line 8); io0 in 'acquire: io1' (line 6); io1 in 'acquire: io0' (line 7)",
    ],
  ])('%s', (_, text, standing) => {
    expect(message(text)).toBe(`${FOR_EVER} ${standing}`);
  });

  it('can be expected as an abort', () => {
    const text = `name: x
threads: {t: {do: [{lock: bql}]}}
steps: [{join: t}]
expect: {abort: all threads wait for ever}`;
    expect(runSim(scenarioOf(text)).failures).toEqual([]);
  });
});
