/** A pseudo-terminal, and a program that has it as its controlling terminal. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import koffi from 'koffi';

const ioctl = koffi.load(null).func('int ioctl(int fd, ulong request, void *argument)');
const TIOCSWINSZ = 0x5414;
const TIOCGPTN = 0x80045430;
const TIOCSPTLCK = 0x40045431;

/**
 * Makes the terminal the controlling one: spawn has made this shell the leader of a session, and
 * the first terminal that a leader opens becomes its own. The program keeps the shell's pid.
 */
const TAKE_TERMINAL = ': <>"$0"; exec "$@"';

export interface PtyOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with what was written to the terminal, as it comes. */
  readonly onData: (data: Uint8Array) => void;
}

export class Pty {
  readonly child: ChildProcess;
  /** Resolves when nobody has the terminal open, or {@link hangUp} was called. */
  readonly closed: Promise<void>;
  readonly #fd: number;
  readonly #master: ReadStream;

  constructor(file: string, args: readonly string[], options: PtyOptions) {
    const { columns = 80, rows = 24, onData } = options;
    this.#fd = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY);
    const path = unlock(this.#fd);
    this.resize(columns, rows);
    const slave = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
    this.child = spawn('/bin/sh', ['-c', TAKE_TERMINAL, path, file, ...args], {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [slave, slave, slave],
      detached: true,
    });
    closeSync(slave);
    // A stream with its own buffer reads nothing while it is paused. The buffer is used again.
    const onread = {
      buffer: Buffer.alloc(65536),
      callback: (bytes: number, buffer: Uint8Array): boolean => {
        onData(new Uint8Array(buffer.subarray(0, bytes)));
        return true;
      },
    };
    this.#master = new ReadStream(this.#fd, { onread } as object);
    // libuv takes a hang-up after a short read for the end; a terminal may have more to read.
    this.#master.once('end', () => drain(this.#fd, onData));
    // By EIO a terminal says that nobody has it open.
    this.#master.on('error', () => {});
    this.closed = new Promise((resolve) => this.#master.once('close', resolve));
    this.#master.resume();
  }

  /** Types a text as it is: Enter is \r. */
  write(text: string): void {
    this.#master.write(text);
  }

  /** The foreground gets SIGWINCH. */
  resize(columns: number, rows: number): void {
    if (ioctl(this.#fd, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0])) !== 0) {
      throw new Error(`the terminal does not become ${columns} by ${rows}`);
    }
  }

  /** Stops reading: the output stays in the kernel, until that takes no more. */
  pause(): void {
    this.#master.pause();
  }

  resume(): void {
    this.#master.resume();
  }

  /** Takes the terminal away: its session gets SIGHUP. */
  hangUp(): void {
    this.#master.destroy();
  }
}

/** Makes the other side of a new terminal one that can be opened, and returns its path. */
function unlock(master: number): string {
  const number = new Int32Array(1);
  if (ioctl(master, TIOCSPTLCK, new Int32Array(1)) !== 0) throw new Error('TIOCSPTLCK failed');
  if (ioctl(master, TIOCGPTN, number) !== 0) throw new Error('TIOCGPTN failed');
  return `/dev/pts/${number[0]}`;
}

function drain(fd: number, onData: (data: Uint8Array) => void): void {
  const buffer = Buffer.alloc(65536);
  try {
    for (;;) onData(new Uint8Array(buffer.subarray(0, readSync(fd, buffer))));
  } catch (error) {
    if (!['EIO', 'EAGAIN'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
