/** Parts of `--spawn` by themselves. */

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Latencies, newRow, Summary } from '../../../src/cli/log/summary.ts';
import { Interrupts } from '../../../src/cli/spawn/interrupts.ts';
import { dieWithParent } from '../../../src/cli/spawn/pdeathsig.ts';
import { Sender } from '../../../src/cli/spawn/sender.ts';
import { shellScript } from '../../../src/cli/spawn/shell-command.ts';
import { SIGRTMIN, SIGTERM } from '../../../src/host/constants.ts';
import { EAGAIN, EPERM } from '../../../src/host/errno.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

/** A variable in braces. */
const DOLLAR_X = ['$', '{X}'].join('');

describe('a shell command', () => {
  test.each([
    './service.sh',
    '/usr/bin/server --port 80 -v',
    `sleep '1 2' "a $HOME b" $X ${DOLLAR_X} *.txt a=b`,
    '  make -C a  ',
  ])('that is one program becomes it: %s', (command) => {
    expect(shellScript(command)).toBe(`exec ${command}`);
  });

  test.each([
    'a; b',
    'a && b',
    'a | b',
    'a &',
    'a > file',
    'A=1 b',
    '$PROGRAM x',
    '"a b" c',
    'a $(b)',
    'a `b`',
    'a "$(b)"',
    'a "b',
    "a 'b",
    'a # b',
    'a\nb',
    'a b\\',
    'cd x',
    'exit 3',
    'kill $$',
    'exec a',
    'if a',
    '{ a',
    '! a',
    '. file',
    ': x',
    '[ a = b',
    '-x',
    '',
  ])('that is more, or is the shell’s own, stays as it is: %j', (command) => {
    expect(shellScript(command)).toBe(command);
  });

  test('does the same, whatever it is', () => {
    const parts = [
      '/bin/echo',
      'a',
      ' ',
      ' ',
      "'",
      '"',
      '$X',
      DOLLAR_X,
      '$',
      '`',
      '\\',
      ';',
      '&',
      '|',
    ];
    const more = ['(', ')', '<', '>', '#', '=', '*', '~', '!', '{', '}', '\n', '-n', 'é', '?', '%'];
    const run = (script: string): unknown => {
      const env = { X: 'x  y', PATH: '/bin:/usr/bin', HOME: '/' };
      const { status, stdout } = spawnSync('/bin/sh', ['-c', script], { cwd: '/usr/share', env });
      return { status, stdout: String(stdout) };
    };
    const word = fc.array(fc.constantFrom(...parts, ...more), { maxLength: 8 });
    let became = 0;
    fc.assert(
      fc.property(word, (words) => {
        const command = `/bin/echo ${words.join('')}`;
        const script = shellScript(command);
        // The others are untouched, and what they would do is anybody's guess.
        if (script === command) return;
        became++;
        expect(run(script)).toEqual(run(command));
      }),
      { numRuns: 400, seed: 11 },
    );
    expect(became).toBeGreaterThan(5);
  });
});

describe('Sender', () => {
  function sender(calls: { kill?: number; sigqueue?: number }) {
    const sent: number[][] = [];
    const said: string[] = [];
    const host = new (class extends HostLens {
      override kill(...args: [number, number]): number {
        sent.push(args);
        return calls.kill ?? 0;
      }
      override sigqueue(...args: [number, number, number]): number {
        sent.push(args);
        return calls.sigqueue ?? 0;
      }
    })(new SimHost());
    return { sender: new Sender(host, (_what, _fields, text) => said.push(text)), sent, said };
  }

  test('sends without its value what cannot be queued, and says so once', () => {
    const { sender: it, sent, said } = sender({ sigqueue: -EAGAIN });
    expect(it.queue(2 ** 22 + 7, SIGRTMIN, 5)).toBe('sent');
    expect(it.queue(2 ** 22 + 7, SIGRTMIN, 5)).toBe('sent');
    expect(sent.slice(0, 2)).toEqual([
      [2 ** 22 + 7, SIGRTMIN, 5],
      [2 ** 22 + 7, SIGRTMIN],
    ]);
    expect(said).toEqual([
      'SIGRTMIN to pid 4194311 goes without its value: too many signals are queued (EAGAIN)',
    ]);
  });

  test('says once what may not be sent', () => {
    const { sender: it, said } = sender({ kill: -EPERM });
    expect([it.kill(2 ** 22 + 7, SIGTERM), it.kill(2 ** 22 + 7, SIGTERM)]).toEqual([
      'refused',
      'refused',
    ]);
    expect(said).toEqual([
      'SIGTERM cannot be sent to pid 4194311: Operation not permitted (EPERM)',
    ]);
  });
});

describe('SIGINTs', () => {
  /** The number that those count as: from the terminal or not, and the ms between them. */
  const count = (...signals: readonly [byTerminal: boolean, msLater: number][]): number => {
    const interrupts = new Interrupts();
    let ns = 1e9;
    for (const [byTerminal, msLater] of signals) {
      ns += msLater * 1e6;
      interrupts.add(byTerminal, ns);
    }
    return interrupts.received;
  };

  test('of a Ctrl-C that another program passes on to us as well count as one', () => {
    expect(count([true, 0], [false, 20])).toBe(1);
    expect(count([false, 0], [true, 20])).toBe(1);
    expect(count([true, 0], [false, 20], [true, 150], [false, 20])).toBe(2);
  });

  test('of the same sender, or of later, count each', () => {
    expect(count([true, 0], [true, 20])).toBe(2);
    expect(count([false, 0], [false, 20])).toBe(2);
    expect(count([true, 0], [false, 400])).toBe(2);
  });
});

describe('Summary', () => {
  test('lasts to the end of the last child, whatever came after it', () => {
    const summary = new Summary([newRow('a', 1), newRow('b', 2)]);
    Object.assign(summary, { startNs: 100, endNs: 900 });
    Object.assign(summary.children[0]!, { pid: 7, code: 1, endNs: 300 });
    expect(summary.elapsedNs).toBe(800);
    Object.assign(summary.children[1]!, { pid: 8, code: 1, endNs: 250 });
    expect(summary.elapsedNs).toBe(200);
  });
});

describe('Latencies', () => {
  test('min and max are exact, the median has four digits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e12 }), { minLength: 1 }), (times) => {
        const latencies = new Latencies();
        for (const ns of times) latencies.add(ns, false);
        const sorted = [...times].sort((a, b) => a - b);
        const { min, median, max } = latencies.figures()!;
        expect([min, max]).toEqual([sorted[0], sorted.at(-1)]);
        const exact = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
        expect(Math.abs(median - exact)).toBeLessThanOrEqual(exact / 1000);
      }),
    );
  });

  test('take no more memory for the millionth than for the first', () => {
    const latencies = new Latencies();
    for (let i = 0; i < 1e6; i++) latencies.add(100_000 + i, false);
    // 1000 to 1100, times a thousand.
    expect(latencies.kept).toBeLessThan(10_001);
  });
});

test('--pdeathsig acts at once if the parent had died before we asked for the signal', () => {
  const sent: number[][] = [];
  const host = new (class extends HostLens {
    override getppid(): number {
      return 1;
    }
    override prctl(): number {
      return 0;
    }
    override kill(...args: [number, number]): number {
      return sent.push(args);
    }
  })(new SimHost());
  dieWithParent(host, SIGTERM, 1);
  dieWithParent(host, undefined, 2);
  expect(sent).toEqual([]);
  dieWithParent(host, SIGTERM, 2);
  expect(sent).toEqual([[host.getpid(), SIGTERM]]);
});
