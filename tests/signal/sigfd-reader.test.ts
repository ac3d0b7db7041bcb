import { describe, expect, it } from 'vitest';
import {
  O_NONBLOCK,
  SA_SIGINFO,
  SIGHUP,
  SIGRTMIN,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
} from '../../src/host/constants.ts';
import { EBADF, EINTR } from '../../src/host/errno.ts';
import type { HostBuffer } from '../../src/host/host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { SigactionTable } from '../../src/signal/sigaction-table.ts';
import { NativeSignalSource, SigfdReader } from '../../src/signal/sigfd.ts';
import type { SignalfdSiginfo } from '../../src/signal/siginfo.ts';
import { Tracer } from '../../src/trace/tracer.ts';

const ALL = [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM, SIGRTMIN];

/** A kernel whose reads can be made to fail, and which counts them. */
class ReadHost extends SimHost {
  /** Results of the next reads; 0 lets a read through. */
  readonly faults: number[] = [];
  readonly sizes: number[] = [];
  override read(fd: number, buf: HostBuffer, offset: number, count: number): number {
    this.sizes.push(count);
    const fault = this.faults.shift() ?? 0;
    return fault !== 0 ? fault : super.read(fd, buf, offset, count);
  }
}

class Rig {
  readonly host = new ReadHost();
  readonly table = new SigactionTable(this.host);
  readonly reports: string[] = [];
  readonly takenBySource: number[] = [];
  readonly reader: SigfdReader;
  /** Handlers that were called. */
  readonly log: string[] = [];

  constructor() {
    const { host } = this;
    host.blockSignals(ALL);
    const fd = host.signalfd(-1, ALL, O_NONBLOCK);
    const source = {
      fd,
      taken: (signo: number) => this.takenBySource.push(signo),
      dispose: () => {},
    };
    const report = (line: string): void => {
      this.reports.push(line);
    };
    this.reader = new SigfdReader(host, new Tracer(() => 0), source, this.table, report);
  }

  handle(...signos: number[]): this {
    for (const signo of signos) {
      this.table.set(signo, { handler: (n) => this.log.push(`signal ${n}`) });
    }
    return this;
  }
}

describe('sigfd_handler', () => {
  it('reads until there is nothing left, one record at a time', () => {
    const rig = new Rig().handle(...ALL);
    for (const signo of [SIGTERM, SIGHUP, SIGRTMIN, SIGRTMIN]) rig.host.raise(signo);
    rig.reader.handler();
    expect(rig.log).toEqual(['signal 1', 'signal 15', 'signal 34', 'signal 34']);
    expect(rig.host.sizes).toEqual([128, 128, 128, 128, 128]);
    expect(rig.reader.counts).toEqual({ records: 4, dropped: 0, shortReads: 0 });
    expect(rig.takenBySource).toEqual([1, 15, 34, 34]);
    expect(rig.host.pendingSignals()).toEqual([]);
    expect(rig.reports).toEqual([]);
  });

  it('does nothing if there is nothing to read', () => {
    const rig = new Rig();
    rig.reader.handler();
    expect(rig.reader.counts).toEqual({ records: 0, dropped: 0, shortReads: 0 });
    expect(rig.reports).toEqual([]);
  });

  it('a lower signal raised by a handler is handled before those raised earlier', () => {
    const rig = new Rig().handle(SIGHUP, SIGTERM);
    rig.table.set(SIGUSR1, {
      handler: (signo) => {
        rig.log.push(`signal ${signo}`);
        rig.host.raise(SIGHUP);
      },
    });
    for (const signo of [SIGUSR1, SIGTERM]) rig.host.raise(signo);
    rig.reader.handler();
    expect(rig.log).toEqual(['signal 10', 'signal 1', 'signal 15']);
  });

  it('tries again after EINTR, before and between records', () => {
    const rig = new Rig().handle(SIGHUP, SIGTERM);
    rig.host.faults.push(-EINTR, -EINTR, 0, -EINTR);
    for (const signo of [SIGHUP, SIGTERM]) rig.host.raise(signo);
    rig.reader.handler();
    expect(rig.log).toEqual(['signal 1', 'signal 15']);
    expect(rig.reports).toEqual([]);
  });

  it('reports a short read and leaves; the next call continues', () => {
    const rig = new Rig().handle(SIGHUP);
    rig.host.faults.push(64);
    rig.host.raise(SIGHUP);
    rig.reader.handler();
    expect(rig.reports).toEqual(['read from sigfd returned 64 bytes of 128']);
    expect(rig.reader.counts).toEqual({ records: 0, dropped: 0, shortReads: 1 });
    expect(rig.log).toEqual([]);
    rig.reader.handler();
    expect(rig.log).toEqual(['signal 1']);
  });

  it('reports a read that fails and leaves', () => {
    const rig = new Rig().handle(SIGHUP);
    rig.host.faults.push(-EBADF);
    rig.host.raise(SIGHUP);
    rig.reader.handler();
    expect(rig.reports).toEqual(['read from sigfd failed: EBADF']);
    expect(rig.host.sizes).toHaveLength(1);
  });

  it('drops signals that are ignored or have their default action, and continues', () => {
    const rig = new Rig().handle(SIGUSR1, SIGTERM);
    rig.table.set(SIGUSR1, { handler: 'ignore' });
    for (const signo of [SIGHUP, SIGUSR1, SIGTERM]) rig.host.raise(signo);
    rig.reader.handler();
    expect(rig.log).toEqual(['signal 15']);
    expect(rig.reader.counts).toMatchObject({ records: 3, dropped: 2 });
  });

  it('looks up the handler when a signal is read, not when it is sent', () => {
    const rig = new Rig().handle(SIGTERM);
    rig.table.set(SIGHUP, {
      handler: () => rig.table.set(SIGTERM, { handler: () => rig.log.push('the new one') }),
    });
    for (const signo of [SIGHUP, SIGTERM]) rig.host.raise(signo);
    rig.reader.handler();
    expect(rig.log).toEqual(['the new one']);
  });

  it('with SA_SIGINFO the record is filled', () => {
    const rig = new Rig();
    const seen: SignalfdSiginfo[] = [];
    const handler = (_: number, info: SignalfdSiginfo): number => seen.push({ ...info });
    rig.table.set(SIGRTMIN, { handler, flags: SA_SIGINFO });
    for (const value of [5, -6]) rig.host.sigqueue(rig.host.getpid(), SIGRTMIN, value);
    rig.reader.handler();
    expect(seen.map(({ ssi_signo, ssi_int }) => [ssi_signo, ssi_int])).toEqual([
      [SIGRTMIN, 5],
      [SIGRTMIN, -6],
    ]);
  });

  it('a handler that throws loses only its own signal', () => {
    const rig = new Rig().handle(SIGTERM);
    rig.table.set(SIGHUP, {
      handler: () => {
        throw new Error('handler');
      },
    });
    for (const signo of [SIGHUP, SIGTERM]) rig.host.raise(signo);
    expect(() => rig.reader.handler()).toThrow('handler');
    rig.reader.handler();
    expect(rig.log).toEqual(['signal 15']);
  });
});

it('signals that are pending are dropped, even if a read is interrupted', () => {
  const host = new ReadHost();
  const source = new NativeSignalSource(host, [SIGUSR1, SIGUSR2]);
  for (const signo of [SIGUSR1, SIGUSR2]) host.kill(host.getpid(), signo);
  host.faults.push(-EINTR, 0, -EINTR);
  source.drop([SIGUSR1, SIGUSR2]);
  expect(host.pendingSignals()).toEqual([]);
  source.dispose();
  host.dispose();
});
