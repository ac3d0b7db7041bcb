import type { Tracer } from '../trace/tracer.ts';
import type { ContextHandle } from './handles.ts';
import type { SharedBhs } from './shared-bhs.ts';
import type { Wakeup } from './wake/wakeup.ts';
import type { PlainWords } from './wake/words.ts';

/** A bottom half that was still scheduled when its context was closed. */
export interface LeakedBh {
  readonly name: string;
  /** Whether it is a one-shot, which nobody holds and so nobody could have deleted. */
  readonly oneshot: boolean;
}

/** The parts of a context that its bottom halves need. */
export interface BhOwner {
  readonly name: string;
  readonly trace: Tracer;
  readonly words: PlainWords;
  readonly wakeup: Wakeup;
  tracedNotify(): void;
  untracedNotify(): void;
  /** Makes the context's shared words, unless it has them. */
  sharing(): SharedBhs;
  share(): ContextHandle;
}
