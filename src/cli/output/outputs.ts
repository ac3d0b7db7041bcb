import { HostError } from '../../host/errno.ts';
import { STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Disposable, Host } from '../../host/host.ts';
import type { MainLoop } from '../../mainloop/main-loop.ts';
import { CliError, describeHostError, EXIT_INTERNAL, isUnread } from '../exit/errors.ts';
import { Output } from './output.ts';

/** The outputs of a run: stdout, stderr, and the log's file. */
export class Outputs implements Disposable {
  readonly #host: Host;
  readonly #byFd = new Map<number, Output>();
  #loop: MainLoop | null = null;
  /** Names for error messages; failures of stderr cannot be reported. */
  readonly #names = new Map([[1, 'stdout']]);

  /** stdout and stderr share one Output if they are the same file. */
  constructor(host: Host) {
    this.#host = host;
    if (sameFile(host, 1, 2)) {
      const both = new Output(host, 1, 2);
      this.#byFd.set(1, both).set(2, both);
    } else {
      this.add(1);
      this.add(2);
    }
  }

  /** @param name for error messages; an output that is there already keeps its own */
  add(fd: number, name?: string): void {
    if (this.#byFd.has(fd)) return;
    if (name !== undefined) this.#names.set(fd, name);
    const output = new Output(this.#host, fd);
    if (this.#loop !== null) output.useLoop(this.#loop);
    this.#byFd.set(fd, output);
  }

  /** Prepares for its closing: pending data is written as far as possible. */
  remove(fd: number): void {
    const output = this.of(fd);
    output.flush();
    output.dispose();
    this.#byFd.delete(fd);
    this.#names.delete(fd);
  }

  of(fd: number): Output {
    return this.#byFd.get(fd)!;
  }

  /** Whether anything is pending. */
  get waiting(): boolean {
    for (const output of this.#byFd.values()) if (output.waiting > 0) return true;
    return false;
  }

  /**
   * Waits until nothing is pending.
   * @param before called before each sleep, with whether only the log's file has no room
   */
  writeOut(loop: MainLoop, before: (onlyLog: boolean) => void): void {
    while (this.waiting) {
      before(this.of(1).waiting + this.of(2).waiting === 0);
      loop.mainLoopWait(false);
    }
  }

  /** All that decides what it does next while nothing is pending. */
  get state(): readonly unknown[] {
    const failed = [...this.#byFd].map(([fd, { errors, isMidLine }]) => [fd, isMidLine, ...errors]);
    return [[...this.#names], failed];
  }

  useLoop(loop: MainLoop | null): void {
    this.#loop = loop;
    for (const output of new Set(this.#byFd.values())) output.useLoop(loop);
  }

  /**
   * The error for an output that could not be written, if any.
   * @param status the run's exit status; 125 replaces a 0 if stdout was lost
   */
  failure(status: number): CliError | null {
    for (const [fd, name] of this.#names) {
      const errno = this.of(fd).errors.get(fd);
      if (errno === undefined || isUnread(errno)) continue;
      const why = describeHostError(new HostError(errno, `${name} ends here`));
      return new CliError(why, status === 0 && fd === 1 ? EXIT_INTERNAL : status);
    }
    return null;
  }

  /** Discards pending data. */
  drop(): void {
    for (const output of this.#byFd.values()) output.drop();
  }

  dispose(): void {
    for (const output of this.#byFd.values()) output.dispose();
  }
}

function sameFile(host: Host, a: number, b: number): boolean {
  const stat = host.alloc(STAT_SIZE);
  const idOf = (fd: number): string => (host.fstat(fd, stat) < 0 ? '' : takeStat(stat).id);
  const id = idOf(a);
  return id !== '' && id === idOf(b);
}
