import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLET, EPOLLIN } from '../../constants.ts';
import type { Host, HostBuffer } from '../../host.ts';
import type { NodeCall } from '../../node-wait.ts';
import { nodeThread } from './node-thread.ts';

/**
 * Watches libuv's loop of a worker. Node ends a worker by asking V8 to stop its JavaScript, and by a
 * message to that loop, which makes its descriptor readable. It stays so, as nobody reads the message
 * while the thread is blocked: only its edges are watched, by an epoll in between.
 */
export class WorkerCall implements NodeCall {
  readonly fd: number;
  readonly #host: Host;
  readonly #event: HostBuffer;
  #closed = false;

  private constructor(host: Host, fd: number) {
    this.#host = host;
    this.fd = fd;
    this.#event = host.alloc(4 * host.epollStride);
  }

  /** Null if libuv does not tell its descriptor, or no descriptor is left for the epoll. */
  static open(host: Host): WorkerCall | null {
    const thread = nodeThread();
    if (thread === null) return null;
    const fd = host.epollCreate1(EPOLL_CLOEXEC);
    if (fd < 0) return null;
    if (host.epollCtl(fd, EPOLL_CTL_ADD, thread.backendFd, EPOLLIN | EPOLLET, 0) === 0) {
      return new WorkerCall(host, fd);
    }
    host.close(fd);
    return null;
  }

  clear(): void {
    this.#host.epollWait(this.fd, this.#event, 1, 0);
  }

  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#host.close(this.fd);
  }
}
