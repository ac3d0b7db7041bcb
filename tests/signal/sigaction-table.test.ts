import { describe, expect, it } from 'vitest';
import {
  SA_NOCLDSTOP,
  SA_SIGINFO,
  SIG_DFL,
  SIG_IGN,
  SIGKILL,
  SIGUSR1,
  SIGUSR2,
} from '../../src/host/constants.ts';
import { EINVAL, HostError } from '../../src/host/errno.ts';
import { type Host, newSigAction, type SigAction } from '../../src/host/host.ts';
import { HostLens } from '../../src/host/lenses/lens.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { SigactionTable, type SignalAction } from '../../src/signal/sigaction-table.ts';

const FOREIGN = 0x5000;

/** A host in which somebody else, in C, has set a handler for a signal. */
class Shared extends HostLens {
  taken = 0;

  override sigaction(signo: number, act: SigAction | null, old: SigAction | null): number {
    if (act !== null && signo === this.taken) this.taken = 0;
    const ret = super.sigaction(signo, act, old);
    if (old !== null && signo === this.taken) old.handler = FOREIGN;
    return ret;
  }
}

function dispositionOf(host: Host, signo: number): number {
  const act = newSigAction();
  host.sigaction(signo, null, act);
  return act.handler;
}

describe('SigactionTable', () => {
  it('asks the kernel whether a signal is default, ignored or handled', () => {
    const host = new SimHost();
    const table = new SigactionTable(host);
    expect(table.lookup(SIGUSR1)).toMatchObject({ name: 'default', handler: null });
    table.set(SIGUSR1, { handler: 'ignore' });
    expect(dispositionOf(host, SIGUSR1)).toBe(SIG_IGN);
    expect(table.lookup(SIGUSR1)).toMatchObject({ name: 'ignore', handler: null });
    const handler = (): void => {};
    table.set(SIGUSR1, { handler, name: 'mine', flags: SA_NOCLDSTOP });
    expect(dispositionOf(host, SIGUSR1)).toBe(host.handlerAddress);
    expect(table.lookup(SIGUSR1)).toMatchObject({
      ...{ name: 'mine', handler, flags: SA_NOCLDSTOP, wantsInfo: false },
    });
    table.set(SIGUSR1, { handler: 'default' });
    expect(dispositionOf(host, SIGUSR1)).toBe(SIG_DFL);
  });

  it('a disposition that others set takes effect', () => {
    const host = new Shared(new SimHost());
    const table = new SigactionTable(host);
    table.set(SIGUSR1, { handler: () => {}, flags: SA_SIGINFO });
    expect(table.lookup(SIGUSR1).wantsInfo).toBe(true);
    host.sigaction(SIGUSR1, { ...newSigAction(), handler: SIG_IGN }, null);
    expect(table.lookup(SIGUSR1)).toMatchObject({ name: 'ignore', handler: null });
    host.taken = SIGUSR2;
    expect(table.lookup(SIGUSR2)).toMatchObject({ name: 'foreign', handler: null });
  });

  it('restores the old disposition, unless others have set one since', () => {
    const host = new Shared(new SimHost());
    host.sigaction(SIGUSR1, { ...newSigAction(), handler: SIG_IGN, flags: 7 }, null);
    const table = new SigactionTable(host);
    for (let i = 0; i < 2; i++) table.set(SIGUSR1, { handler: () => {} });
    table.set(SIGUSR2, { handler: () => {} });
    host.taken = SIGUSR2;
    table.dispose();
    expect(dispositionOf(host, SIGUSR1)).toBe(SIG_IGN);
    expect(dispositionOf(host, SIGUSR2)).toBe(FOREIGN);
    expect(table.lookup(SIGUSR2).handler).toBe(null);
  });

  it('disposing of an action removes it, unless another was set since', () => {
    const host = new SimHost();
    const table = new SigactionTable(host);
    const first = table.set(SIGUSR1, { handler: () => {}, name: 'first' });
    const second = table.set(SIGUSR1, { handler: () => {}, name: 'second' });
    first.dispose();
    expect(table.lookup(SIGUSR1).name).toBe('second');
    second.dispose();
    expect(table.lookup(SIGUSR1).name).toBe('default');
    expect(dispositionOf(host, SIGUSR1)).toBe(SIG_DFL);
    second.dispose();
  });

  it('the same action, set twice, needs to be disposed twice', () => {
    const host = new SimHost();
    const table = new SigactionTable(host);
    const action = { handler: () => {}, name: 'same' };
    const first = table.set(SIGUSR1, action);
    const second = table.set(SIGUSR1, action);
    first.dispose();
    expect(table.lookup(SIGUSR1).name).toBe('same');
    second.dispose();
    expect(table.lookup(SIGUSR1).name).toBe('default');
  });

  it.each([undefined, {}, { handler: 'none' }, { handler: 3 }])('%j is no action', (action) => {
    const host = new SimHost();
    const table = new SigactionTable(host);
    const first = table.set(SIGUSR1, { handler: 'ignore' });
    expect(() => table.set(SIGUSR1, action as SignalAction)).toThrow(
      /^sigaction: handler of SIGUSR1 is .*: expected a function, 'default' or 'ignore'$/,
    );
    expect(dispositionOf(host, SIGUSR1)).toBe(SIG_IGN);
    first.dispose();
  });

  it.each([SIGKILL, 0, 65])('signal %i cannot be set', (signo) => {
    const table = new SigactionTable(new SimHost());
    const set = () => table.set(signo, { handler: () => {} });
    expect(set).toThrow(HostError);
    expect(set).toThrow(expect.objectContaining({ errno: EINVAL }));
  });

  it('leaves handlers to the installer if there is one, and default and ignore to the kernel', () => {
    const host = new SimHost();
    const log: string[] = [];
    const table = new SigactionTable(host, {
      install: (signo, flags) => log.push(`install ${signo} ${flags}`) * 0,
      uninstall: (signo) => log.push(`uninstall ${signo}`),
    });
    table.set(SIGUSR1, { handler: () => {}, flags: SA_SIGINFO });
    expect(dispositionOf(host, SIGUSR1)).toBe(SIG_DFL);
    table.set(SIGUSR1, { handler: 'ignore' });
    expect(dispositionOf(host, SIGUSR1)).toBe(SIG_IGN);
    table.dispose();
    expect(log).toEqual([`install ${SIGUSR1} 4`, `uninstall ${SIGUSR1}`, `uninstall ${SIGUSR1}`]);
  });

  it('an installer that fails throws', () => {
    const table = new SigactionTable(new SimHost(), {
      install: () => -EINVAL,
      uninstall: () => {},
    });
    expect(() => table.set(SIGUSR1, { handler: () => {} })).toThrow(HostError);
  });
});
