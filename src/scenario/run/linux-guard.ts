import { AF_UNIX, P_PID, SOCK_CLOEXEC, SOCK_STREAM, WEXITED } from '../../host/constants.ts';
import { EINTR } from '../../host/errno.ts';
import { type Host, type HostBuffer, newWaitResult } from '../../host/host.ts';

/**
 * Reads `+ pid` and `- pid` until `done`; if its socket closes before that, it kills those groups.
 */
const SCRIPT = `
groups=
while read -r sign pid; do
  case $sign in
  +) groups="$groups -$pid " ;;
  -) groups="\${groups%% -$pid *} \${groups#* -$pid }" ;;
  done) exit ;;
  esac
done
test -z "\${groups# }" || kill -s KILL -- $groups
`;

/**
 * A shell that ends the process groups of our children if we are killed and can do nothing
 * ourselves. It runs in a session of its own, so that no key of the terminal reaches it. If it
 * cannot be started (no descriptor or process left), nobody ends them.
 */
export class ChildGuard {
  readonly #host: Host;
  readonly #buffer: HostBuffer;
  readonly #pid: number;
  readonly #fd: number;

  private constructor(host: Host, pid: number, fd: number) {
    this.#host = host;
    this.#buffer = host.alloc(32);
    this.#pid = pid;
    this.#fd = fd;
  }

  /** @param nullFd /dev/null, for its output */
  static start(host: Host, nullFd: number): ChildGuard | null {
    const pair: number[] = [];
    if (host.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, pair) < 0) return null;
    const [ours, its] = pair as [number, number];
    const argv = ['sh', '-c', SCRIPT];
    const pid = host.spawn({ file: '/bin/sh', argv, fds: [its, nullFd, nullFd], setsid: true });
    host.close(its);
    if (pid >= 0) return new ChildGuard(host, pid, ours);
    host.close(ours);
    return null;
  }

  /** @param pid the leader of a group, whose pid is the group's id */
  add(pid: number): void {
    this.#say(`+ ${pid}\n`);
  }

  remove(pid: number): void {
    this.#say(`- ${pid}\n`);
  }

  /** Tells it that no group is left, and reaps it. */
  dispose(): void {
    this.#say('done\n');
    this.#host.close(this.#fd);
    while (this.#host.waitid(P_PID, this.#pid, WEXITED, newWaitResult()) === -EINTR);
  }

  #say(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#buffer.u8.set(bytes);
    this.#host.write(this.#fd, this.#buffer, 0, bytes.length);
  }
}
