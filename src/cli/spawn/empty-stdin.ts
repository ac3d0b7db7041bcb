import { O_CLOEXEC } from '../../host/constants.ts';
import { check } from '../../host/errno.ts';
import type { Disposable, Host } from '../../host/host.ts';

/** A stdin that is at its end, even if there is no /dev/null. */
export class EmptyStdin implements Disposable {
  readonly fd: number;
  readonly #host: Host;

  /** @throws HostError if there is no descriptor for it */
  constructor(host: Host) {
    const pipe: [number, number] = [-1, -1];
    check(host.pipe2(pipe, O_CLOEXEC), 'pipe2');
    host.close(pipe[1]);
    this.fd = pipe[0];
    this.#host = host;
  }

  dispose(): void {
    this.#host.close(this.fd);
  }
}
