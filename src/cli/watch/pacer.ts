/** Slow motion: the delay before each phase, ns. The first entry is full speed. */
const DELAYS_NS = [0, 20e6, 100e6, 300e6, 1e9];

/** The step that the run is about to make: the last two are of other threads. */
export type Step = 'iteration' | 'phase' | 'turn' | 'iteration of another';
/** How a run is to go on. */
export type Pace = 'run' | 'iteration' | 'phase' | 'turn';
type Goal = 'pause' | Pace;

/** Decides when the loop pauses: before an iteration, or between its phases. */
export class Pacer {
  #goal: Goal = 'run';
  #delay = 0;

  get paused(): boolean {
    return this.#goal === 'pause';
  }

  /** Whether the loop runs without stopping. */
  get running(): boolean {
    return this.#goal === 'run';
  }

  get delayNs(): number {
    return this.#delay === 0 || !this.running ? 0 : DELAYS_NS[this.#delay]!;
  }

  get words(): string {
    switch (this.#goal) {
      case 'pause':
        return 'PAUSED';
      case 'iteration':
      case 'phase':
      case 'turn':
        return 'STEPPING';
      default:
        return this.#delay === 0 ? 'running' : `slow ${DELAYS_NS[this.#delay]! / 1e6} ms a phase`;
    }
  }

  /** Whether to wait, now that a step is about to begin. */
  arrive(step: Step): boolean {
    if (this.#goal === 'phase' || this.#goal === step) this.#goal = 'pause';
    // Another thread's iteration comes to light at a turn.
    const isBoth = step === 'iteration of another';
    if (isBoth && (this.#goal === 'iteration' || this.#goal === 'turn')) this.#goal = 'pause';
    return this.paused;
  }

  goOn(pace: Pace): void {
    this.#goal = pace;
  }

  run(): void {
    this.#goal = 'run';
  }

  /** Runs the current iteration to its end, and pauses before the next. */
  stepIteration(): void {
    this.#goal = 'iteration';
  }

  stepPhase(): void {
    this.#goal = 'phase';
  }

  /** Runs until another thread has the processor. */
  stepTurn(): void {
    this.#goal = 'turn';
  }

  slower(): void {
    this.#delay = Math.min(this.#delay + 1, DELAYS_NS.length - 1);
  }

  faster(): void {
    this.#delay = Math.max(this.#delay - 1, 0);
  }
}

/** The pace that an iteration of the past is shown with. */
export const PAUSED = new Pacer();
PAUSED.stepIteration();
PAUSED.arrive('iteration');
