import type { HostBuffer } from '../../host/host.ts';
import { EV } from '../../trace/catalogue.ts';
import { TRACEABLE } from '../../trace/traceable.ts';
import type { Tracer } from '../../trace/tracer.ts';
import type { EpollSet } from './epoll-set.ts';
import type { PollMechanism } from './fdmon.ts';
import { pollfdsText } from './ready-text.ts';

const T_ENTER = EV.poll_enter;
const T_RETURN = EV.poll_return;
const T_SWITCH = EV.fdmon_switch;

/** The trace events of a PollSet. */
export class PollTrace {
  readonly #trace: Tracer;
  /** The set's name in them. */
  readonly #name: string;

  constructor(trace: Tracer, name: string) {
    this.#trace = trace;
    this.#name = name;
  }

  /** Whether anybody takes events; if not, the others need not be called. */
  get active(): boolean {
    return TRACEABLE && this.#trace.active;
  }

  enter(call: string, nfds: number, timeoutNs: number): void {
    if (this.#trace.on[T_ENTER] !== 0) this.#trace.emit(T_ENTER, call, nfds, timeoutNs);
  }

  epollReturn(epoll: EpollSet, ret: number): void {
    if (this.#trace.on[T_RETURN] === 0) return;
    this.#trace.emit(T_RETURN, 'epoll_wait', ret, epoll.text(ret));
  }

  pollReturn(pollfds: HostBuffer, nfds: number, ret: number): void {
    if (this.#trace.on[T_RETURN] === 0) return;
    this.#trace.emit(T_RETURN, 'ppoll', ret, pollfdsText(pollfds, nfds, ret));
  }

  switched(from: PollMechanism, to: PollMechanism, fds: number): void {
    if (this.#trace.on[T_SWITCH] !== 0) this.#trace.emit(T_SWITCH, this.#name, from, to, fds);
  }
}
