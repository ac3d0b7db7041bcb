import { findFacts } from '../../report/facts.ts';
import type { Frame } from '../../report/frame.ts';
import { TraceMachine } from '../../report/frames.ts';
import type { RunView } from '../run-view.ts';

/** The machine after each event of a recorded run, as far as its trace tells: see Frames. */
export class RecordedFrames {
  readonly #machine: TraceMachine;

  constructor(view: RunView) {
    const trace = { events: view.records(), dropped: 0, truncated: false };
    this.#machine = new TraceMachine(findFacts(trace, { slowNs: 10e6 }));
  }

  at(event: number): Frame {
    return this.#machine.at(event);
  }
}
