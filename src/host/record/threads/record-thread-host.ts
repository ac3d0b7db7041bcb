import type { Host } from '../../host.ts';
import { ByteSink } from '../bytes.ts';
import { RecordHost } from '../record-host.ts';
import { Recorder } from '../recorder.ts';
import { RecordTurns } from './record-turns.ts';
import type { RecordTicket } from './recorded-threads.ts';

/**
 * The host of a thread other than main, whose calls go to the record of the run. Its constructor returns
 * when it is the thread's turn for the first time.
 */
export class RecordThreadHost extends RecordHost {
  readonly #own: Host;
  readonly #turns: RecordTurns;

  /**
   * @param host the kernel of this thread, which is disposed of with this one
   * @param realNs CLOCK_MONOTONIC for trace events, ns
   */
  constructor(host: Host, realNs: () => number, { number, words, bytes }: RecordTicket) {
    const recorder = new Recorder(null, false, new ByteSink(bytes));
    super(host, recorder, realNs);
    this.#own = host;
    this.#turns = new RecordTurns(words, recorder, number);
    this.takeTurns({ words, bytes, turns: this.#turns });
  }

  override dispose(): void {
    this.#turns.give();
    this.#own.dispose();
  }
}
