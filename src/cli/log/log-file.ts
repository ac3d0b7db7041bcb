import {
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_NOCTTY,
  O_NONBLOCK,
  O_RDWR,
  O_WRONLY,
  POLLERR,
  POLLIN,
  S_IFREG,
} from '../../host/constants.ts';
import { check, EFBIG, ENXIO } from '../../host/errno.ts';
import { isKind, STAT_SIZE, takeStat } from '../../host/file-stat.ts';
import type { Disposable, Host, HostBuffer } from '../../host/host.ts';
import { pollOne } from '../../host/poll-one.ts';
import { visible } from '../../trace/visible.ts';
import { someWriter } from '../exit/write-all.ts';
import type { Outputs } from '../output/outputs.ts';
import { socketOf } from '../output/pipe-output.ts';

const STDERR = 2;
const MODE = 0o644;
const OPENING = O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

/** The cost of a write that failed. */
export interface Broken {
  /** Parts that were not written, or not whole. */
  readonly lost: number;
  /** Whether the last line that went out before has no end. */
  readonly isCut: boolean;
  /** Whether the log goes on in the same file. */
  readonly isSame: boolean;
}

/**
 * The file of --log-file. If it is moved away or removed, as by logrotate, the next line goes to a
 * new file of that name, without being asked to.
 */
export class LogFile implements Disposable {
  fd: number;
  readonly #host: Host;
  readonly #outputs: Outputs;
  readonly #path: string;
  readonly #stat: HostBuffer;
  /** Whether it is a pipe that had no reader, of which we hold both ends. */
  #isUnopened = false;
  /** Whether we opened it. A socket, which cannot be opened by its name, was there before. */
  readonly #owned: boolean;
  /** The file's identity; null if it is not a regular file, which is never reopened. */
  #id: string | null;

  /** @throws HostError if it cannot be opened */
  constructor(host: Host, outputs: Outputs, path: string) {
    this.#host = host;
    this.#outputs = outputs;
    this.#path = path;
    this.#stat = host.alloc(STAT_SIZE);
    const socket = socketOf(host, path);
    this.#owned = socket === undefined;
    this.fd = socket ?? check(this.#open(), `--log-file ${path}`);
    this.#id = this.#lookUp();
    outputs.add(this.fd, `the log ${path}`);
  }

  get state(): readonly unknown[] {
    return [this.fd, this.#id];
  }

  /**
   * Call it before a write. After a write that failed it tries again, since a disk gets room, and a
   * pipe another reader. Returns what the break has cost if it is over.
   */
  look(): Broken | null {
    const { errors, lost, isCut } = this.#outputs.of(this.fd);
    const errno = errors.get(this.fd);
    const isBroken = errno !== undefined;
    // A file that is too long stays so, and each try would be a SIGXFSZ, which is logged, too.
    const staysOpen = !isBroken || errno === -EFBIG;
    if (staysOpen && (this.#id === null || this.#lookUp() === this.#id)) return null;
    const fd = isBroken ? this.#host.open(this.#path, OPENING | O_WRONLY, MODE) : this.#open();
    // If the file cannot be reopened, the old one stays in use.
    if (fd < 0) return null;
    this.#outputs.remove(this.fd);
    this.#host.close(this.fd);
    this.fd = fd;
    const before = this.#id;
    this.#id = this.#lookUp();
    const isSame = this.#id === before;
    this.#outputs.add(fd, `the log ${this.#path}`);
    return isBroken ? { lost, isCut, isSame } : null;
  }

  /** Says so if the log, or its end, goes with us: nobody has opened its pipe, or read it in time. */
  dispose(): void {
    const { dropped, waiting } = this.#outputs.of(this.fd);
    const isUnread = this.#isUnopened && this.#polled(POLLIN) === POLLIN;
    // The other end is still ours, so that this succeeds.
    const writing = isUnread ? this.#host.open(this.#path, OPENING | O_WRONLY, MODE) : -1;
    if (this.#owned) this.#host.close(this.fd);
    this.fd = writing;
    const isLost = writing >= 0 && this.#polled(0) === POLLERR;
    if (isLost) this.#say('nobody has read the log PATH: it is lost');
    else if (dropped + waiting > 0) this.#say('the log PATH was not read in time: its end is lost');
    if (writing >= 0) this.#host.close(writing);
  }

  #say(what: string): void {
    const text = what.replace('PATH', () => visible(this.#path));
    someWriter(this.#host, STDERR)(`qemu-loop: ${text}\n`);
  }

  /** The events that are there now. */
  #polled(events: number): number {
    return pollOne(this.#host, this.fd, events, 0);
  }

  /** The identity of the file that has its name now; '' if none has. */
  #lookUp(): string | null {
    if (this.#host.stat(this.#path, this.#stat) < 0) return '';
    const stat = takeStat(this.#stat);
    return isKind(stat, S_IFREG) ? stat.id : null;
  }

  /** Opens even a pipe without a reader, and does not wait for one. */
  #open(): number {
    const fd = this.#host.open(this.#path, OPENING | O_WRONLY, MODE);
    this.#isUnopened = fd === -ENXIO;
    return this.#isUnopened ? this.#host.open(this.#path, OPENING | O_RDWR, MODE) : fd;
  }
}
