/** A signal that the person has sent to a child. */
interface Sent {
  readonly pid: number;
  readonly signo: number;
  /** The run in which it was sent, and the number of events and turns before it. */
  readonly run: number;
  readonly move: number;
}

/** The signals that the person has sent into a run: they are sent again when it is made again. */
export class SentSignals {
  #sent: readonly Sent[] = [];
  #run = 0;
  #moves = 0;

  get isEmpty(): boolean {
    return this.#sent.length === 0;
  }

  /** The run begins, or begins again. */
  begin(): void {
    this.#run++;
    this.#moves = 0;
  }

  /** An event has come, or the turn of a thread. */
  move(): void {
    this.#moves++;
  }

  /** The person has sent one: what was sent later in an earlier run is not sent any more. */
  add(pid: number, signo: number): void {
    const kept = this.#sent.filter(({ move }) => move <= this.#moves);
    this.#sent = [...kept, { pid, signo, run: this.#run, move: this.#moves }];
  }

  /** Sends again what was sent in this place of an earlier run. */
  again({ send }: { send(pid: number, signo: number): number }): void {
    for (const { pid, signo, run, move } of this.#sent) {
      if (run < this.#run && move === this.#moves) send(pid, signo);
    }
  }
}
