import { shown } from '../host/arguments.ts';
import { NSIG, SA_SIGINFO, SIG_DFL, SIG_IGN } from '../host/constants.ts';
import { check } from '../host/errno.ts';
import { type Disposable, type Host, newSigAction, type SigAction } from '../host/host.ts';
import { signalName } from './names.ts';
import type { SignalfdSiginfo } from './siginfo.ts';

/** Gets the number and the record. The record is reused for the next signal: copy what you keep. */
export type SignalHandler = (signo: number, info: SignalfdSiginfo) => void;

/** The action for a signal. */
export interface SignalAction {
  readonly handler: SignalHandler | 'default' | 'ignore';
  /**
   * SA_* flags, passed on to the kernel. SA_NOCLDSTOP works as usual. No handler of ours runs in
   * the kernel, so SA_RESETHAND resets none (a handler that is to be called once disposes of
   * itself), and the record comes even without SA_SIGINFO, which traces show.
   */
  readonly flags?: number | undefined;
  /** The handler's name in traces and logs. */
  readonly name?: string | undefined;
}

/** Makes the kernel count a signal as handled when JavaScript handles it. */
export interface HandlerInstaller {
  /** Returns 0 or -errno. */
  install(signo: number, flags: number): number;
  uninstall(signo: number): void;
}

/**
 * The handler of each signal. The kernel keeps the disposition, and is asked each time; this table
 * keeps the JavaScript function behind "handled", which the kernel knows only as
 * Host.handlerAddress.
 */
export class SigactionTable implements Disposable {
  readonly #host: Host;
  readonly #installer: HandlerInstaller | null;
  readonly #actions: (SignalAction | null)[] = new Array<SignalAction | null>(NSIG + 1).fill(null);
  /** The dispositions from before, by signal, to be restored. */
  readonly #originals = new Map<number, SigAction>();
  /**
   * By signal, the address of the handler that somebody else has installed over ours, or had before
   * us; 0 if there was none.
   */
  readonly #foreign: number[] = new Array<number>(NSIG + 1).fill(0);
  readonly #query = newSigAction();
  readonly #set = newSigAction();

  /** @param installer for sources that cannot use the host's own handlerAddress @internal */
  constructor(host: Host, installer: HandlerInstaller | null = null) {
    this.#host = host;
    this.#installer = installer;
  }

  /**
   * Sets the action for a signal, until another is set or this one is disposed of: the disposition
   * is then as it was before the first.
   * @throws HostError for signals that cannot be handled; TypeError if the action is malformed.
   *   POSIX: sigaction.
   */
  set(signo: number, action: SignalAction): Disposable {
    checkAction(signo, action);
    if (!this.#originals.has(signo)) {
      const original = newSigAction();
      check(this.#host.sigaction(signo, null, original), `sigaction ${signo}`);
      this.#originals.set(signo, original);
      if (this.#isForeign(original.handler)) this.#foreign[signo] = original.handler;
    }
    const { handler, flags = 0 } = action;
    const handled = typeof handler === 'function';
    if (handled && this.#installer !== null) {
      check(this.#installer.install(signo, flags), `sigaction ${signo}`);
    } else {
      this.#installer?.uninstall(signo);
      this.#set.handler =
        handler === 'default'
          ? SIG_DFL
          : handler === 'ignore'
            ? SIG_IGN
            : this.#host.handlerAddress;
      this.#set.flags = flags;
      check(this.#host.sigaction(signo, this.#set, null), `sigaction ${signo}`);
    }
    // A copy, since the same action may be set again, and its first handle is not the second's.
    const set = { ...action };
    this.#actions[signo] = set;
    return {
      dispose: () => {
        if (this.#actions[signo] === set) this.#putBack(signo);
      },
    };
  }

  /**
   * Asks the kernel for a signal's disposition. The answer is valid until the next call. `handler`
   * is null if the handler is a function of somebody else.
   * @internal
   */
  lookup(signo: number): Lookup {
    const found = this.#lookup;
    found.flags = 0;
    found.handler = null;
    found.wantsInfo = false;
    found.name = 'default';
    found.foreign = 0;
    if (this.#host.sigaction(signo, null, this.#query) < 0) return found;
    found.flags = this.#query.flags;
    const { handler } = this.#query;
    if (this.#isForeign(handler)) this.#foreign[signo] = handler;
    found.foreign = this.#foreign[signo]!;
    if (handler === SIG_DFL && !this.#takesBack(signo)) return found;
    if (handler === SIG_IGN) {
      found.name = 'ignore';
      return found;
    }
    const action = this.#actions[signo];
    if (typeof action?.handler !== 'function') {
      found.name = 'foreign';
      return found;
    }
    found.name = action.name ?? 'handler';
    found.handler = action.handler;
    found.wantsInfo = ((action.flags ?? 0) & SA_SIGINFO) !== 0;
    return found;
  }

  /** Whether it is somebody else's handler. An installer's own is not. */
  #isForeign(handler: number): boolean {
    return this.#installer === null && handler > SIG_IGN && handler !== this.#host.handlerAddress;
  }

  /**
   * Whether a signal whose disposition has become SIG_DFL is ours again: somebody had put his handler
   * over ours, and has taken it away. libuv does so if none of its children is left.
   */
  #takesBack(signo: number): boolean {
    const action = this.#actions[signo];
    if (this.#foreign[signo] === 0 || typeof action?.handler !== 'function') return false;
    this.#set.handler = this.#host.handlerAddress;
    this.#set.flags = action.flags ?? 0;
    return this.#host.sigaction(signo, this.#set, null) === 0;
  }

  /** The signals that are handled by functions of this table. */
  get handled(): number[] {
    return [...this.#originals.keys()].filter((signo) => {
      if (typeof this.#actions[signo]?.handler !== 'function') return false;
      if (this.#host.sigaction(signo, null, this.#query) < 0) return false;
      const { handler } = this.#query;
      // An installer's handler is its own business.
      return this.#installer === null ? handler === this.#host.handlerAddress : handler > SIG_IGN;
    });
  }

  /** Restores every disposition, except those that somebody else has changed since. */
  dispose(): void {
    for (const signo of [...this.#originals.keys()]) this.#putBack(signo);
  }

  #putBack(signo: number): void {
    const original = this.#originals.get(signo)!;
    this.#installer?.uninstall(signo);
    if (this.#isOurs(signo, original.handler)) this.#host.sigaction(signo, original, null);
    this.#originals.delete(signo);
    this.#actions[signo] = null;
  }

  /**
   * Whether the current handler is ours. Somebody else's is kept: taking away Node's, for example,
   * set when child_process started its first child after the table was made, would leave Node
   * waiting for ever.
   */
  #isOurs(signo: number, originally: number): boolean {
    if (this.#host.sigaction(signo, null, this.#query) < 0) return false;
    const { handler } = this.#query;
    const ours = [SIG_DFL, SIG_IGN, this.#host.handlerAddress, originally];
    return ours.includes(handler);
  }

  readonly #lookup: Lookup = {
    name: 'default',
    flags: 0,
    handler: null,
    wantsInfo: false,
    foreign: 0,
  };
}

function checkAction(signo: number, action: SignalAction): void {
  const handler: unknown = action?.handler;
  if (typeof handler === 'function' || handler === 'default' || handler === 'ignore') return;
  const what = `handler of ${signalName(signo)} is ${shown(handler)}`;
  throw new TypeError(`sigaction: ${what}: expected a function, 'default' or 'ignore'`);
}

/** The result of SigactionTable.lookup. */
export interface Lookup {
  /** `default`, `ignore`, `foreign`, or the handler's name. */
  name: string;
  flags: number;
  handler: SignalHandler | null;
  wantsInfo: boolean;
  /** The address of the handler that somebody else has, or had, for the signal; 0 if there is none. */
  foreign: number;
}
