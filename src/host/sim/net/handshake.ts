/** The way of a connection to its listener. */
import { ECONNREFUSED, ETIMEDOUT } from '../../errno.ts';
import type { InetSocketAddress } from '../../sockaddr.ts';
import type { Loopback, PortUser } from './loopback.ts';

/** How often an attempt to connect is repeated: net.ipv4.tcp_syn_retries. */
const SYN_RETRIES = 6;
const FIRST_RETRY_NS = 1e9;

interface Client<T> {
  /** Whether it still wants to connect. */
  isOpen(): boolean;
  failed(error: number): void;
  /** The listener's answer has come. */
  reached(listener: T): void;
}

/**
 * Sends a SYN, and again after 1, 2, 4 … s while it is lost: by the network, or because the
 * listener's backlog is full.
 */
export function shakeHands<T extends PortUser & { readonly isFull: boolean }>(
  net: Loopback<T>,
  to: InetSocketAddress,
  client: Client<T>,
): void {
  const attempt = (times: number): void => {
    net.send(() => {
      if (!client.isOpen()) return;
      const listener = net.listener(to);
      if (net.drops(to.port) || listener?.isFull === true) {
        const again = times < SYN_RETRIES ? attempt : (): void => client.failed(ETIMEDOUT);
        net.later(FIRST_RETRY_NS * 2 ** times, () => again(times + 1));
      } else if (listener === null) net.send(() => client.failed(ECONNREFUSED));
      else net.send(() => client.reached(listener));
    });
  };
  attempt(0);
}
