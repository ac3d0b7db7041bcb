import type * as threads from 'node:worker_threads';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import type { AioContext } from '../aio/aio-context.ts';
import type { BottomHalf } from '../aio/bottom-half.ts';
import type { BottomHalfHandle } from '../aio/handles.ts';
import { checkFunction, checkHas } from '../host/arguments.ts';
import type { Disposable, Host } from '../host/host.ts';
import { RemoteBottomHalf, type RemoteOptions } from './remote-bottom-half.ts';

/** The way into a message box, for one other thread. The port must be in the list of transfers. */
export interface MessageHandle {
  readonly kind: 'messages';
  readonly port: threads.MessagePort;
  readonly bottomHalf: BottomHalfHandle;
}

/**
 * Messages from other threads to a context. A loop that blocks gets no 'message' events of Node's,
 * so a bottom half announces them.
 *
 *     const box = new MessageBox(context, (message) => …);
 *     const handle = box.share();                                       // for each thread anew
 *     worker.postMessage(handle, [handle.port]);
 *
 *     RemoteMessageBox.from(handle, host).post({ any: 'value' });       // in the other thread
 */
export class MessageBox implements Disposable {
  readonly #listener: (message: unknown) => void;
  readonly #bh: BottomHalf;
  readonly #ports: threads.MessagePort[] = [];

  /**
   * @param listener gets the messages of each thread in the order in which they were posted
   * @param name of the bottom half, in traces
   */
  constructor(context: AioContext, listener: (message: unknown) => void, name = 'messages') {
    checkFunction(listener, 'MessageBox: the listener');
    this.#listener = listener;
    this.#bh = context.newBottomHalf(name, () => this.#take());
  }

  /** A handle for one other thread: each needs one of its own. */
  share(): MessageHandle {
    const { port1, port2 } = new MessageChannel();
    this.#ports.push(port1);
    return { kind: 'messages', port: port2, bottomHalf: this.#bh.share() };
  }

  /** Messages that were not taken are dropped, and so are those to come. */
  dispose(): void {
    this.#bh.dispose();
    for (const port of this.#ports.splice(0)) port.close();
  }

  #take(): void {
    let isDone = false;
    try {
      // The list may grow, and end, in a callback.
      for (let i = 0; i < this.#ports.length; i++) {
        for (;;) {
          const port = this.#ports[i];
          const received = port === undefined ? undefined : receiveMessageOnPort(port);
          if (received === undefined) break;
          this.#listener(received.message);
        }
      }
      isDone = true;
    } finally {
      // The others come in the next round.
      if (!isDone && !this.#bh.deleted) this.#bh.schedule();
    }
  }
}

/** A message box of another thread. */
export class RemoteMessageBox implements Disposable {
  readonly #port: threads.MessagePort;
  readonly #bh: RemoteBottomHalf;

  /**
   * @param host this thread's
   * @throws TypeError if the handle is not one of MessageBox.share
   */
  static from(handle: MessageHandle, host: Host, options: RemoteOptions = {}): RemoteMessageBox {
    const is = 'a result of MessageBox.share';
    checkHas(handle?.port, 'postMessage', 'RemoteMessageBox.from: the port of the handle', is);
    const bh = RemoteBottomHalf.from(handle.bottomHalf, host, options);
    return new RemoteMessageBox(handle.port, bh);
  }

  private constructor(port: threads.MessagePort, bh: RemoteBottomHalf) {
    this.#port = port;
    this.#bh = bh;
  }

  /**
   * Sends a message: any value that structured clone takes. Returns whether the box still exists.
   * @param transfer the objects in it that leave this thread, such as ports
   * @throws DOMException (DataCloneError) for other values
   */
  post(message: unknown, transfer: readonly object[] = []): boolean {
    this.#port.postMessage(message, transfer as threads.Transferable[]);
    return this.#bh.schedule();
  }

  /** No more messages will come from here; those that were posted still arrive. */
  dispose(): void {
    this.#port.close();
  }
}
