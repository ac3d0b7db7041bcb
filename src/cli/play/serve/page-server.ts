/** A server of one page, on the loop. */

import { CLOCK_REALTIME } from '../../../host/constants.ts';
import type { Disposable } from '../../../host/host.ts';
import type { InetSocketAddress } from '../../../host/sockaddr.ts';
import type { Connection } from '../../../io/connection.ts';
import { contextOf, type IoLoop } from '../../../io/io-loop.ts';
import { Listener } from '../../../io/listener.ts';
import { answerTo, headOf, MOST_HEAD } from './http.ts';

const LOCAL = '127.0.0.1';
/** After this time without a byte in or out a connection is closed, ms. */
const IDLE_MS = 30_000;
/** The bytes of one write: a slow reader's page is not copied as a whole. */
const PIECE = 1 << 16;

export class PageServer implements Disposable {
  readonly #page: Uint8Array;
  readonly #listener: Listener;
  readonly #open = new Set<Exchange>();

  /**
   * Serves to this machine alone.
   * @param port 0 takes a free one
   * @throws HostError if it cannot listen there: EADDRINUSE, EACCES
   */
  constructor(loop: IoLoop, port: number, html: string) {
    const { host } = contextOf(loop, 'PageServer');
    this.#page = new TextEncoder().encode(html);
    this.#listener = new Listener({
      loop,
      address: { host: LOCAL, port },
      onConnection: (connection) => {
        const now = (): number => host.clockNs(CLOCK_REALTIME) / 1e6;
        const exchange = new Exchange(connection, this.#page, now, () =>
          this.#open.delete(exchange),
        );
        this.#open.add(exchange);
      },
    });
  }

  get url(): string {
    const { host, port } = this.#listener.address as InetSocketAddress;
    return `http://${host}:${port}/`;
  }

  /** The connections that are open. */
  get connections(): number {
    return this.#open.size;
  }

  dispose(): void {
    this.#listener.dispose();
    for (const { connection } of this.#open) connection.dispose();
    this.#open.clear();
  }
}

/** One request, its answer, and the end of their connection. */
class Exchange {
  readonly connection: Connection;
  readonly #page: Uint8Array;
  readonly #nowMs: () => number;
  #come = '';
  /** The rest of the body; null before the answer. */
  #body: Uint8Array | null = null;

  constructor(connection: Connection, page: Uint8Array, nowMs: () => number, onClose: () => void) {
    this.connection = connection;
    this.#page = page;
    this.#nowMs = nowMs;
    connection.start({
      onBytes: (bytes) => this.#take(bytes),
      onDrain: () => this.#write(),
      // With half a request there is no answer. One that is under way goes on: the peer may read.
      onEnd: () => {
        if (this.#body === null) connection.end();
      },
      onClose,
      idleMs: IDLE_MS,
      highWaterMark: PIECE,
    });
  }

  /** Bytes after the head are read and dropped: a close that leaves bytes unread resets the connection. */
  #take(bytes: Uint8Array): void {
    if (this.#body !== null) return;
    this.#come += Buffer.from(bytes.subarray(0, MOST_HEAD + 1)).toString('latin1');
    const answer = answerTo(this.#come);
    if (answer === null) return;
    const body = answer.status === 200 ? this.#page : new TextEncoder().encode(answer.text);
    this.#body = answer.isHeadOnly ? body.subarray(0, 0) : body;
    this.connection.write(headOf(answer, body.length, this.#nowMs()));
    this.#write();
  }

  #write(): void {
    while (this.#body!.length > 0) {
      const piece = this.#body!.subarray(0, PIECE);
      this.#body = this.#body!.subarray(piece.length);
      if (!this.connection.write(piece)) return;
    }
    this.connection.end();
  }
}
