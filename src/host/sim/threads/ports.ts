/** One end of a channel between two threads, as of node:worker_threads. */
export interface ThreadPort {
  postMessage(message: unknown, transfer?: readonly object[]): void;
  close(): void;
}

/**
 * The channels between the kernel and the simulated process's other threads. A browser has none, since
 * nothing there takes a message without going back to the event loop.
 */
export interface ThreadChannels {
  newChannel(): readonly [ThreadPort, ThreadPort];
  /** The next message that has come to a port, without waiting; undefined if there is none. */
  take(port: ThreadPort): { readonly message: unknown } | undefined;
}
