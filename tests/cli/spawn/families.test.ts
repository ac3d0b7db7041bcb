/** The processes that children leave behind, on a host that has those that it is told. */

import { describe, expect, test } from 'vitest';
import { newRow } from '../../../src/cli/log/summary.ts';
import { Below } from '../../../src/cli/spawn/below.ts';
import { Families } from '../../../src/cli/spawn/families.ts';
import { type Options, parseOptions } from '../../../src/cli/spawn/options.ts';
import { Processes } from '../../../src/cli/spawn/processes.ts';
import { Sender } from '../../../src/cli/spawn/sender.ts';
import { CLD_EXITED, CLD_KILLED, SIGINT, SIGTERM } from '../../../src/host/constants.ts';
import { ESRCH } from '../../../src/host/errno.ts';
import { newWaitResult } from '../../../src/host/host.ts';
import type { ChildEvent } from '../../../src/signal/child-watch.ts';
import { OWN, ToldProcesses } from './told-processes.ts';

const SHELL = OWN + 1;
const MIDDLE = OWN + 2;
const PROGRAM = OWN + 3;
const HANDLES_TERM = 1n << BigInt(SIGTERM - 1);

function event(pid: number, code: number, status: number): ChildEvent {
  const result = { ...newWaitResult(), pid, code, status };
  return { ...result, name: 'sh', latencyNs: 0, latencyIsBound: false };
}

test.each([
  ['handles the signal', HANDLES_TERM, HANDLES_TERM, true],
  ['gives its handler back as it gets the signal', HANDLES_TERM, 0n, true],
  ['begins to handle it just before it comes', 0n, HANDLES_TERM, true],
  ['never handles it', 0n, 0n, false],
])('whether a program may choose its status, which %s', (_, before, after, may) => {
  const host = new ToldProcesses();
  host.processes.set(PROGRAM, { parent: OWN, handles: before });
  host.onSignal = () => {
    host.processes.get(PROGRAM)!.handles = after;
  };
  const sender = new Sender(host, () => {});
  const families = new Families(host, sender, new Map(), { group: false, ignoreSignals: [] });
  const ending = { signo: SIGTERM, toGroup: false, toEnd: true };
  expect(families.inherit({ pid: SHELL, row: newRow('sh', 1) }, ending)).toEqual([PROGRAM]);
  expect(families.ended(PROGRAM)).toMatchObject({ mayExit: may, row: { number: 1 } });
});

test('--group: it may, if it gives its handler back as --timeout ends its group', () => {
  const host = new ToldProcesses();
  host.processes.set(SHELL, { parent: OWN, pgid: SHELL });
  host.processes.set(PROGRAM, { parent: SHELL, pgid: SHELL, handles: HANDLES_TERM });
  host.onSignal = () => {
    host.processes.get(PROGRAM)!.handles = 0n;
  };
  const options = parseOptions(['--group', '--spawn', 'sh'], () => '1') as Options;
  const processes = new Processes(host, options, false, () => {});
  const row = newRow('sh', 1);
  processes.started({ row, pid: SHELL, leads: true, stopped: false, passed: new Set() });
  processes.end(SIGTERM);
  host.processes.delete(SHELL);
  host.processes.set(PROGRAM, { parent: OWN, pgid: SHELL });
  processes.childEnded(row, event(SHELL, CLD_KILLED, SIGTERM));
  expect(processes.orphanEnded(event(PROGRAM, CLD_EXITED, 0)).row).toBe(row);
});

describe('whether a shell waited for a process, of which another one was the parent', () => {
  const killed = { code: CLD_KILLED, status: SIGTERM };
  const exited = { code: CLD_EXITED, status: 4 };

  test.each([
    ['a shell that the signal ended', '/bin/sh', killed, SIGTERM, true],
    ['a program that the signal ended', '/bin/make', killed, SIGTERM, true],
    ['a shell that has ended by itself', '/bin/sh', exited, SIGTERM, false],
    ['a program that has ended by itself', '/bin/perl', exited, SIGTERM, false],
    ['a shell that the first has reaped', '/bin/sh', null, SIGTERM, true],
    ['one that must have ended by itself', '/bin/sh', null, SIGINT, false],
    ['a program that the first has reaped', '/bin/perl', null, SIGTERM, false],
  ])('%s', (_, exe, ended, signo, is) => {
    const host = new ToldProcesses();
    host.processes.set(SHELL, { parent: OWN, exe: '/bin/sh' });
    host.processes.set(MIDDLE, { parent: SHELL, exe });
    host.processes.set(PROGRAM, { parent: MIDDLE });
    const below = new Below(host, new Sender(host, () => {}));
    below.foresee([SHELL], signo, false);
    if (ended === null) host.processes.delete(MIDDLE);
    else host.processes.set(MIDDLE, { parent: OWN, ended });
    expect(below.isKnownProgram(PROGRAM, SHELL, signo)).toBe(is);
    expect(below.isKnownProgram(PROGRAM + 1, SHELL, signo)).toBe(undefined);
  });
});

describe('--group: a leader, also one that has moved to another group,', () => {
  test.each([
    ['gets the signal with its group', SHELL, 0, [-SHELL]],
    ['gets it by itself if its group is gone', OWN, -ESRCH, [-SHELL, SHELL]],
    ['gets it as well as those that it has left', OWN, 0, [-SHELL, SHELL]],
  ])('%s', (_, pgid, ret, targets) => {
    const sent: number[] = [];
    const host = new (class extends ToldProcesses {
      override kill(pid: number, signo: number): number {
        if (signo !== 0) sent.push(pid);
        return pid < 0 ? ret : 0;
      }
    })();
    host.processes.set(SHELL, { parent: OWN, pgid });
    const options = parseOptions(['--group', '--', 'a'], () => '1') as Options;
    const processes = new Processes(host, options, false, () => {});
    const row = newRow('a', 1);
    processes.started({ row, pid: SHELL, leads: true, stopped: false, passed: new Set() });
    expect(processes.kill(false).sent).toBe(1);
    expect(sent.splice(0)).toEqual(targets);
    const passing = { signo: SIGTERM, toGroup: false, value: undefined, fromTerminal: false };
    expect(processes.pass(passing, true).sent).toBe(1);
    // SIGTERM, and SIGCONT.
    expect(sent).toEqual([...targets, ...targets]);
  });
});
