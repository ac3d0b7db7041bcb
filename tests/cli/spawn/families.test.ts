/** The processes that children leave behind, before a host with processes as told. */

import { expect, test } from 'vitest';
import { newRow } from '../../../src/cli/log/summary.ts';
import { Families } from '../../../src/cli/spawn/families.ts';
import { type Options, parseOptions } from '../../../src/cli/spawn/options.ts';
import { Processes } from '../../../src/cli/spawn/processes.ts';
import { Sender } from '../../../src/cli/spawn/sender.ts';
import { CLD_EXITED, CLD_KILLED, SIGTERM } from '../../../src/host/constants.ts';
import { ENOENT } from '../../../src/host/errno.ts';
import { type HostBuffer, newWaitResult, type WaitResult } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';
import type { ChildEvent } from '../../../src/signal/child-watch.ts';

const OWN = 2 ** 22 + 1;
const SHELL = OWN + 1;
const PROGRAM = OWN + 2;

function event(pid: number, code: number, status: number): ChildEvent {
  const result = { ...newWaitResult(), pid, code, status };
  return { ...result, name: 'sh', latencyNs: 0, latencyIsBound: false };
}

/** Has a shell, one program below it, which is adopted later, and a /proc with its signals. */
class OneProgram extends HostLens {
  /** Called by a signal to it, or to the shell's group. */
  onSignal = (): void => {};
  handles = 0n;
  pgid = OWN;
  adopted = true;
  #text = '';

  override getpid(): number {
    return OWN;
  }
  override children(): number[] {
    return this.adopted ? [PROGRAM] : [];
  }
  override getpgid(pid: number): number {
    return pid === 0 ? OWN : this.pgid;
  }
  override waitid(_type: number, _id: number, _options: number, out: WaitResult): number {
    out.pid = 0;
    return 0;
  }
  override kill(_pid: number, signo: number): number {
    if (signo === SIGTERM) this.onSignal();
    return 0;
  }
  override open(path: string): number {
    const text = this.#textOf(path);
    if (text === undefined) return -ENOENT;
    this.#text = text;
    return 1000;
  }
  override read(_fd: number, buf: HostBuffer): number {
    const bytes = new TextEncoder().encode(this.#text);
    buf.u8.set(bytes);
    this.#text = '';
    return bytes.length;
  }
  override close(): number {
    return 0;
  }
  #textOf(path: string): string | undefined {
    if (path.endsWith('/stat')) return `1 (sh) S 1 ${this.pgid} ${OWN}`;
    if (path.endsWith('/children')) return path.includes(String(SHELL)) ? `${PROGRAM} ` : '';
    if (!path.endsWith('/status')) return undefined;
    return `NSpid:\t${OWN}\nSigCgt:\t${this.handles.toString(16).padStart(16, '0')}\n`;
  }
}

const HANDLES_TERM = 1n << BigInt(SIGTERM - 1);

test.each([
  ['handles the signal', HANDLES_TERM, HANDLES_TERM, true],
  ['gives its handler back as it gets the signal', HANDLES_TERM, 0n, true],
  ['begins to handle it just before it comes', 0n, HANDLES_TERM, true],
  ['never handles it', 0n, 0n, false],
])('whether a program may choose its status, which %s', (_, before, after, may) => {
  const host = new OneProgram(new SimHost());
  host.handles = before;
  host.onSignal = () => {
    host.handles = after;
  };
  const sender = new Sender(host, () => {});
  const families = new Families(host, sender, new Map(), { group: false, ignoreSignals: [] });
  const ending = { signo: SIGTERM, toGroup: false, toEnd: true };
  expect(families.inherit(newRow('sh', 1), ending)).toEqual([PROGRAM]);
  expect(families.ended(PROGRAM)).toMatchObject({ mayExit: may, row: { number: 1 } });
});

test('--group: it may, if it gives its handler back as --timeout ends its group', () => {
  const host = new OneProgram(new SimHost());
  Object.assign(host, { handles: HANDLES_TERM, pgid: SHELL, adopted: false });
  host.onSignal = () => {
    host.handles = 0n;
  };
  const options = parseOptions(['--group', '--spawn', 'sh'], () => '1') as Options;
  const processes = new Processes(host, options, false, () => {});
  const row = newRow('sh', 1);
  const rest = { stopped: false, passed: new Set<number>() };
  processes.started({ row, pid: SHELL, leads: true, ...rest });
  processes.end(SIGTERM);
  host.adopted = true;
  processes.childEnded(row, event(SHELL, CLD_KILLED, SIGTERM));
  expect(processes.orphanEnded(event(PROGRAM, CLD_EXITED, 0)).row).toBe(row);
});
