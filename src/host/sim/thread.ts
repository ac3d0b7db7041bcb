import type { VirtualClock } from './clock.ts';

/** The main thread's sleep in a blocking call, and what cuts it short. */
export class Thread {
  readonly clock: VirtualClock;
  /** A signal's handler ran since the call began. */
  interrupted = false;
  /** That handler has SA_RESTART: calls that can be are begun again. */
  restarts = false;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** A call begins: only what comes from now on interrupts it. */
  begin(): void {
    this.interrupted = false;
    this.restarts = false;
  }

  /** A handler ran. The first one decides, as in Linux. */
  interrupt(restarts: boolean): void {
    if (this.interrupted) return;
    this.interrupted = true;
    this.restarts = restarts;
  }

  /** True where the signal that came ends a call like read; else the call goes on. */
  endsCall(): boolean {
    if (!this.interrupted) return false;
    if (!this.restarts) return true;
    this.begin();
    return false;
  }

  /** The end of a wait of timeoutNs that begins now; without end where it is negative. */
  deadlineNs(timeoutNs: number): number {
    return timeoutNs < 0 ? Infinity : this.clock.nowNs + timeoutNs;
  }

  /** As VirtualClock.sleep. */
  sleep(call: string, deadlineNs: number): boolean {
    return this.clock.sleep(call, deadlineNs);
  }
}
