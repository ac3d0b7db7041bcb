import { CloseListeners } from '../close-listeners.ts';
import { ENOSYS, HostError } from '../errno.ts';
import type { Disposable } from '../host.ts';
import { HostLens } from '../lenses/lens.ts';
import type { NodeCall, NodeLoop } from '../node-wait.ts';

/** The base of a host that records, and of the one that replays: the calls that no record has. */
export abstract class KeptHost extends HostLens {
  protected readonly closeListeners = new CloseListeners();

  override onClose(listener: (fd: number) => void): Disposable {
    return this.closeListeners.add(listener);
  }

  override openNodeLoop(): NodeLoop {
    throw new HostError(ENOSYS, "Node's own loop in a run that is recorded or replayed");
  }

  /** A recorded run is on the main thread, which Node does not call so. */
  override openNodeCall(): NodeCall | null {
    return null;
  }

  override openPollRing(_entries: number): number {
    return -ENOSYS;
  }
}
