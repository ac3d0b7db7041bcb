import { O_NONBLOCK, O_RDWR, POLLHUP } from '../constants.ts';
import { EINVAL } from '../errno.ts';
import { type FileNode, OpenFile, READABLE, wakeAll } from './file.ts';
import type { EndWatch, Process } from './process.ts';

/** pidfd_open(2): readable once the process has ended, hung up once it is reaped. */
export class PidFd implements FileNode, EndWatch {
  readonly file: OpenFile;
  readonly process: Process;

  constructor(process: Process, flags: number) {
    this.process = process;
    this.file = new OpenFile(this, O_RDWR | (flags & O_NONBLOCK), 0, true, process.pidfdWatchers);
    this.update();
    process.pidfds.push(this);
  }

  get mode(): number {
    return 0o600;
  }

  get link(): string {
    return 'anon_inode:[pidfd]';
  }

  poll(): number {
    if (this.process.alive) return 0;
    return this.process.state === 'reaped' ? READABLE | POLLHUP : READABLE;
  }

  update(): void {
    this.file.ready = this.poll();
  }

  read(): number {
    return -EINVAL;
  }

  write(): number {
    return -EINVAL;
  }

  release(): void {
    const { pidfds } = this.process;
    pidfds.splice(pidfds.indexOf(this), 1);
  }
}

/** The process's state changed. */
export function updatePidfds(process: Process): void {
  for (const pidfd of process.pidfds) pidfd.update();
  wakeAll(process.pidfdWatchers, 0);
}
