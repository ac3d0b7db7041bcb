import {
  cursorHide,
  cursorShow,
  endSynchronizedOutput,
  enterAlternativeScreen,
  exitAlternativeScreen,
} from 'ansi-escapes';
import { EIO } from '../../host/errno.ts';
import type { Host, HostBuffer } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import { Output } from '../output/output.ts';
import { TerminalGuard } from './guard.ts';

const STDIN = 0;
const STDOUT = 1;
const READ = 4096;

/** The terminal while it is ours: raw, on its alternate screen, and restored at the end. */
export class Console {
  readonly fd = STDIN;
  readonly #host: Host;
  readonly #output: Output;
  readonly #buffer: HostBuffer;
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #atExit = (): void => this.leave();
  #guard: TerminalGuard | null = null;
  #isOurs = false;
  /** Whether the terminal has hung up, so that no more keys will come. */
  hungUp = false;

  constructor(host: Host) {
    this.#host = host;
    this.#output = new Output(host, STDOUT);
    this.#buffer = host.alloc(READ);
    // Makes Node install its SIGWINCH handler now, before the loop's table of handlers exists.
    process.stdout.getWindowSize();
  }

  /**
   * Takes the terminal.
   * @param guardFds what the guard keeps that restores the terminal if we are killed; null for none
   */
  enter(guardFds: readonly number[] | null): void {
    if (this.#isOurs) return;
    if (guardFds !== null) this.#guard ??= TerminalGuard.start(this.#host, STDOUT, guardFds);
    this.#isOurs = true;
    process.on('exit', this.#atExit);
    process.stdin.setRawMode(true);
    this.write(enterAlternativeScreen + cursorHide);
  }

  /**
   * Gives the terminal back as it was.
   * @param forNow whether it will be taken again. The guard then stays: its end would be a
   *   SIGCHLD, which the loop on show may be waiting for
   * @param waitForRoom waits until the terminal takes more; returns false if it is to be left
   *   as it is. The guard then does the rest
   */
  leave(forNow = false, waitForRoom: (fd: number) => boolean = () => false): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    process.off('exit', this.#atExit);
    // Pending output was for a screen that goes away.
    this.#output.drop();
    this.#output.useLoop(null);
    this.write(endSynchronizedOutput + cursorShow + exitAlternativeScreen);
    while (this.busy && waitForRoom(this.pollFd)) this.flush();
    try {
      process.stdin.setRawMode(false);
    } catch {
      // The terminal has hung up.
    }
    if (forNow) return;
    if (this.busy) this.#guard?.takeOver();
    else this.#guard?.dispose();
    this.#guard = null;
    this.#output.dispose();
  }

  /** Whether the frame before is still being written. */
  get busy(): boolean {
    return this.#output.waiting > 0;
  }

  /** The descriptor to poll for room while busy; -1 otherwise. */
  get pollFd(): number {
    return this.#output.pollFd;
  }

  /** Writes as much as the terminal takes now. */
  flush(): void {
    this.#output.flush();
  }

  /** Lets this loop write the pending output; without a loop only flush writes. */
  useLoop(loop: MainLoop | null): void {
    this.#output.useLoop(loop);
  }

  write(text: string): void {
    this.#output.write(STDOUT, this.#encoder.encode(text));
  }

  /** Columns and rows; 80 by 24 if the terminal does not say, or has hung up. */
  size(): readonly [number, number] {
    try {
      // Node asks the terminal again only in its listener for this event, which cannot run while
      // the loop runs.
      process.emit('SIGWINCH', 'SIGWINCH');
      const [columns, rows] = process.stdout.getWindowSize();
      if (columns > 0 && rows > 0) return [columns, rows];
    } catch {
      // The terminal has hung up; the next read of its keys will show it.
    }
    return [80, 24];
  }

  /** Reads the keys typed, '' for none. Call it only when the terminal is readable. */
  read(): string {
    const ret = this.#host.read(STDIN, this.#buffer, 0, READ);
    if (ret > 0) return this.#decoder.decode(this.#buffer.u8.subarray(0, ret), { stream: true });
    // -EAGAIN and -EINTR do not mean the end: the next poll will tell.
    if (ret === 0 || ret === -EIO) this.hungUp = true;
    return '';
  }
}
