import type { Disposable } from '../host/host.ts';
import type { HandlerInstaller } from './sigaction-table.ts';
import type { SignalSource } from './sigfd.ts';
import type { SignalLoop } from './signals.ts';

export class CompatSignalSource implements SignalSource, HandlerInstaller {
  readonly fd: number = -1;
  constructor(_loop: SignalLoop, _signals: readonly number[]) {
    throw new Error('in the making');
  }
  announceChild(_pid: number): Disposable {
    throw new Error('in the making');
  }
  install(_signo: number, _flags: number): number {
    return 0;
  }
  uninstall(_signo: number): void {}
  dispose(): void {}
}
