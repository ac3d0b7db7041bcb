/** Thrown by every call of a host whose kernel is gone, to end its program. */
export class HostGone extends Error {}

/** Makes a call that has nothing to do any more if the kernel is gone. */
export function unlessGone(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof HostGone)) throw error;
  }
}
