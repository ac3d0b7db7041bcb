import { AF_UNIX, P_PID, SOCK_CLOEXEC, SOCK_STREAM, WEXITED } from '../../host/constants.ts';
import { EINTR } from '../../host/errno.ts';
import { type Host, type HostBuffer, newWaitResult } from '../../host/host.ts';

/**
 * Saves the terminal's modes, reports ready, then waits for its socket to end. If it ends
 * without a word, the process at the other end was killed.
 */
const SCRIPT = `
was=$(stty -g <&2) && echo ready >&0 || exit
read -r word && exit
stty "$was" <&2
printf '\\033[?2026l\\033[?1049l\\033[?25h\\033[0m'
`;

/**
 * A shell that restores the terminal if we end without a chance to do so: SIGKILL, SIGSEGV.
 * It has a session of its own, so that no key of the terminal reaches it.
 */
export class TerminalGuard {
  readonly #host: Host;
  readonly #buffer: HostBuffer;
  readonly #pid: number;
  readonly #fd: number;

  private constructor(host: Host, buffer: HostBuffer, pid: number, fd: number) {
    this.#host = host;
    this.#buffer = buffer;
    this.#pid = pid;
    this.#fd = fd;
  }

  /**
   * Starts the guard, before the terminal's modes are changed. Returns null if it cannot be
   * started.
   * @param keepFds descriptors whose end tells others that it is done
   */
  static start(host: Host, tty: number, keepFds: readonly number[]): TerminalGuard | null {
    const pair: number[] = [];
    if (host.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, pair) < 0) return null;
    const [ours, its] = pair as [number, number];
    const argv = ['sh', '-c', SCRIPT];
    const fds = [its, tty, tty];
    const pid = host.spawn({ file: '/bin/sh', argv, fds, keepFds, setsid: true });
    host.close(its);
    if (pid < 0) {
      host.close(ours);
      return null;
    }
    const guard = new TerminalGuard(host, host.alloc(16), pid, ours);
    if (guard.#isReady()) return guard;
    guard.dispose();
    return null;
  }

  /** Lets the guard restore the terminal as soon as it can. Does not wait for it. */
  takeOver(): void {
    this.#host.close(this.#fd);
  }

  /** Dismisses the guard, and reaps it. */
  dispose(): void {
    const bytes = new TextEncoder().encode('done\n');
    this.#buffer.u8.set(bytes);
    this.#host.write(this.#fd, this.#buffer, 0, bytes.length);
    this.#host.close(this.#fd);
    while (this.#host.waitid(P_PID, this.#pid, WEXITED, newWaitResult()) === -EINTR);
  }

  #isReady(): boolean {
    for (;;) {
      const ret = this.#host.read(this.#fd, this.#buffer, 0, 16);
      if (ret !== -EINTR) return ret > 0;
    }
  }
}
