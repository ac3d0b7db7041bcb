import type { VirtualClock } from './clock.ts';

/** The main thread's sleep in a blocking call, and its interruption. */
export class Thread {
  readonly clock: VirtualClock;
  /** Whether a signal's handler has run since the call began. */
  interrupted = false;
  /** Whether that handler has SA_RESTART, so that calls that can be restarted are. */
  restarts = false;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** A call begins: only signals from now on interrupt it. */
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

  /** Whether the signal that came ends a call such as read; otherwise the call goes on. */
  endsCall(): boolean {
    if (!this.interrupted) return false;
    if (!this.restarts) return true;
    this.begin();
    return false;
  }

  /** When a wait of timeoutNs that begins now ends; Infinity if negative. */
  deadlineNs(timeoutNs: number): number {
    return timeoutNs < 0 ? Infinity : this.clock.nowNs + timeoutNs;
  }

  /** See VirtualClock.sleep. */
  sleep(call: string, deadlineNs: number): boolean {
    return this.clock.sleep(call, deadlineNs);
  }
}
