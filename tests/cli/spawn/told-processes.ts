import { EACCES, ECHILD, ENOENT } from '../../../src/host/errno.ts';
import type { HostBuffer, WaitResult } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

/** Our own pid, group and session. */
export const OWN = 2 ** 22 + 1;

export interface Told {
  readonly parent?: number;
  readonly pgid?: number;
  /** The link to its program; null if it may not be read. */
  readonly exe?: string | null;
  readonly argv?: readonly string[];
  /** The signals that it handles, as a mask. */
  handles?: bigint;
  /** How it ended, if it is our child and has. */
  readonly ended?: { readonly code: number; readonly status: number };
}

/** A host with the processes that it is told, and a /proc that shows them. */
export class ToldProcesses extends HostLens {
  readonly processes = new Map<number, Told>();
  /** Called by a signal to a process or a group. */
  onSignal = (_signo: number): void => {};
  #text = '';

  constructor() {
    super(new SimHost());
  }

  override getpid(): number {
    return OWN;
  }
  override children(): number[] {
    return [...this.processes].filter(([, { parent }]) => parent === OWN).map(([pid]) => pid);
  }
  override getpgid(pid: number): number {
    return this.processes.get(pid)?.pgid ?? OWN;
  }
  override waitid(_type: number, id: number, _options: number, out: WaitResult): number {
    const told = this.processes.get(id);
    if (told?.parent !== OWN) return -ECHILD;
    Object.assign(out, { pid: 0 }, told.ended === undefined ? {} : { ...told.ended, pid: id });
    return 0;
  }
  override kill(_pid: number, signo: number): number {
    this.onSignal(signo);
    return 0;
  }
  override readlink(path: string, buf: HostBuffer): number {
    const { exe = null } = this.processes.get(Number(path.split('/')[2])) ?? {};
    return exe === null ? -EACCES : fill(buf, exe);
  }
  override open(path: string): number {
    const text = this.#textOf(path);
    if (text === undefined) return -ENOENT;
    this.#text = text;
    return 1000;
  }
  override read(_fd: number, buf: HostBuffer): number {
    const n = fill(buf, this.#text);
    this.#text = '';
    return n;
  }
  override close(): number {
    return 0;
  }

  #textOf(path: string): string | undefined {
    const [, , of, file] = path.split('/');
    if (of === 'self') return `NSpid:\t${OWN}\n`;
    const pid = Number(of);
    const told = this.processes.get(pid);
    if (told === undefined) return undefined;
    const below = [...this.processes].filter(([, { parent }]) => parent === pid);
    const texts: Record<string, string> = {
      stat: `${pid} (sh) S ${told.parent} ${told.pgid ?? OWN} ${OWN}`,
      status: `SigCgt:\t${(told.handles ?? 0n).toString(16).padStart(16, '0')}\n`,
      cmdline: (told.argv ?? []).map((arg) => `${arg}\0`).join(''),
      task: below.map(([child]) => `${child} `).join(''),
    };
    return texts[file!];
  }
}

function fill(buf: HostBuffer, text: string): number {
  const bytes = new TextEncoder().encode(text);
  buf.u8.set(bytes);
  return bytes.length;
}
