/** `replay --watch` of a session: the same view as of a scenario, and the children's output in it. */

import { stripVTControlCharacters } from 'node:util';
import { EPERM } from '../../host/errno.ts';
import type { Host } from '../../host/host.ts';
import type { ReplayHost } from '../../host/record/replay-host.ts';
import { BesideView } from '../watch/beside.ts';
import { LIVES } from '../watch/process-state.ts';
import type { Built } from './makers.ts';

/** A line of a child, as --prefix writes it. */
const PREFIXED = /^\[\d+\] /;

export class ReplayWatch {
  readonly #beside: BesideView;
  readonly #decoder = new TextDecoder();
  #replay: ReplayHost | null = null;
  /** The part of the log that was written last. */
  #log = '';

  /**
   * @param own the real kernel
   * @param first the first iteration to stop before; undefined: the first of all
   * @throws CliError if the terminal is not ours
   */
  constructor(own: Host, color: boolean, first: number | undefined) {
    this.#beside = new BesideView(own, color, () => this.#replay!.stop(0));
    if (first !== undefined) this.#beside.startAt(first);
  }

  /** Whether the person left before the end. */
  get left(): boolean {
    return this.#beside.left;
  }

  /** Shows a session that is replayed. */
  open(replay: ReplayHost, { loop, summary }: Built): void {
    this.#replay = replay;
    const beside = this.#beside;
    const view = beside.open(
      {
        drive: 'main_loop',
        trace: loop.trace,
        subject: {
          loop,
          children: summary.children,
          get startNs() {
            return summary.startNs;
          },
          digits: 6,
          outputTitle: 'output',
          nowNs: () => replay.realNs(),
          kernel: { pending: () => loop.host.pendingSignals(), processState: () => LIVES },
          isReal: false,
          look: (act) => replay.look(act),
        },
        goesBack: true,
        takeChild: () => {},
        refresh: () => {},
        hasBegunElsewhere: () => false,
        send: () => -EPERM,
      },
      true,
    );
    if (!beside.travel.underWay) view.pacer.stepIteration();
  }

  /** Takes what the session has written. */
  written(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes);
    const { view, travel } = this.#beside;
    if (!PREFIXED.test(stripVTControlCharacters(text))) {
      this.#log = text;
      return;
    }
    travel.takeText(view.model.iteration, text);
    view.output.write(1, bytes);
  }

  /** The session has ended so. Returns the end of its log. */
  end(verdict: string): string {
    this.#beside.end(verdict);
    return this.#log;
  }

  takeAgain(): boolean {
    return this.#beside.takeAgain();
  }
}
