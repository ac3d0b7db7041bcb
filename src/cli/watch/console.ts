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

/** The terminal while it is ours: raw, on its alternate screen, and put right at the end. */
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
  /** Whether the terminal is gone, and no key will come any more. */
  hungUp = false;

  constructor(host: Host) {
    this.#host = host;
    this.#output = new Output(host, STDOUT);
    this.#buffer = host.alloc(READ);
    // Node's own handler of SIGWINCH is set here, before the loop's table of handlers is.
    process.stdout.getWindowSize();
  }

  /**
   * Takes the terminal.
   * @param guarded whether somebody looks after it while we are killed
   */
  enter(guarded: boolean): void {
    if (this.#isOurs) return;
    if (guarded) this.#guard ??= TerminalGuard.start(this.#host, STDOUT);
    this.#isOurs = true;
    process.on('exit', this.#atExit);
    process.stdin.setRawMode(true);
    this.write(enterAlternativeScreen + cursorHide);
  }

  /**
   * Gives it back as it was.
   * @param forNow whether it will be taken again. Whoever looks after it stays then: its
   *   end would be a SIGCHLD, which the loop that is shown may be waiting for
   * @param waitForRoom waits until the terminal takes more; false where it is to be
   *   left as it is. Then whoever looks after it does the rest
   */
  leave(forNow = false, waitForRoom: (fd: number) => boolean = () => false): void {
    if (!this.#isOurs) return;
    this.#isOurs = false;
    process.off('exit', this.#atExit);
    // What waits was for a screen that goes away.
    this.#output.drop();
    this.#output.useLoop(null);
    this.write(endSynchronizedOutput + cursorShow + exitAlternativeScreen);
    while (this.busy && waitForRoom(this.pollFd)) this.flush();
    try {
      process.stdin.setRawMode(false);
    } catch {
      // It has been hung up.
    }
    if (forNow) return;
    if (this.busy) this.#guard?.takeOver();
    else this.#guard?.dispose();
    this.#guard = null;
    this.#output.dispose();
  }

  /** Whether a frame would still wait for the one before. */
  get busy(): boolean {
    return this.#output.waiting > 0;
  }

  /** What to poll for room while busy; -1 otherwise. */
  get pollFd(): number {
    return this.#output.pollFd;
  }

  /** Writes what the terminal takes now. */
  flush(): void {
    this.#output.flush();
  }

  /** What waits is written by this loop; by flush alone where there is none. */
  useLoop(loop: MainLoop | null): void {
    this.#output.useLoop(loop);
  }

  write(text: string): void {
    this.#output.write(STDOUT, this.#encoder.encode(text));
  }

  /** Columns and rows. A terminal that does not say, or is gone, counts as 80 by 24. */
  size(): readonly [number, number] {
    try {
      // Node asks the terminal anew only in its listener for this, which it cannot call while the loop runs.
      process.emit('SIGWINCH', 'SIGWINCH');
      const [columns, rows] = process.stdout.getWindowSize();
      if (columns > 0 && rows > 0) return [columns, rows];
    } catch {
      // It has been hung up, as the next read of its keys will tell.
    }
    return [80, 24];
  }

  /** What was typed; '' for nothing. Called only where the terminal was found readable. */
  read(): string {
    const ret = this.#host.read(STDIN, this.#buffer, 0, READ);
    if (ret > 0) return this.#decoder.decode(this.#buffer.u8.subarray(0, ret), { stream: true });
    // -EAGAIN and -EINTR are no ends: the next poll tells.
    if (ret === 0 || ret === -EIO) this.hungUp = true;
    return '';
  }
}
