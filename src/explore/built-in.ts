import type { ExploredWords, Weaken } from './explored-words.ts';
import type { Model } from './operation.ts';
import type { Ending, Explorable, Thread } from './program.ts';

/** A word in the words of a story. */
export interface WordText {
  readonly name: string;
  /** Phrases for operations by their names; by default the operation itself says it. */
  readonly says?: Readonly<Record<string, string>>;
}

/** The eventfd of a context, which a program keeps in a word. */
export const EVENTFD_TEXT: WordText = {
  name: 'eventfd',
  says: {
    'sleep on': 'sleeps in poll until the eventfd is written',
    exchange: 'changes the eventfd',
  },
};

/** A way to make a program wrong: something that the shipped code does is left out. */
export interface Weakening {
  readonly name: string;
  /** Says how it goes on without that. */
  readonly about: string;
  /** The strongest model under which it fails. */
  readonly model: Model;
  /** Makes, for each run of a thread, what weakens its operations; if not, the program itself does. */
  readonly weaken?: () => Weaken;
}

/** A program that comes with the command. */
export interface BuiltIn {
  readonly name: string;
  readonly about: string;
  readonly weakenings: readonly Weakening[];
  readonly words: Readonly<Record<number, WordText>>;
  /** @param without the name of a weakening, or '' */
  make(without: string): Explorable;
}

/** The program, with one of its weakenings or as it is. @throws RangeError if it has no such one */
export function make(program: BuiltIn, without: string): Explorable {
  const made = program.make(without);
  const weakening = program.weakenings.find(({ name }) => name === without);
  if (without !== '' && weakening === undefined) {
    throw new RangeError(`${program.name} has no weakening '${without}'`);
  }
  if (weakening?.weaken === undefined) return made;
  const { weaken } = weakening;
  const threads = made.threads.map((thread) => ({
    name: thread.name,
    run: (words: ExploredWords, local: number) => {
      words.weaken = weaken();
      return thread.run(words, local);
    },
  }));
  return { ...made, threads };
}

/** Each thread must come to its end. */
function allEnd(threads: readonly Thread[]): (ending: Ending) => string | null {
  return ({ ended }) => {
    const asleep = threads.filter((_, i) => !ended[i]).map(({ name }) => name);
    if (asleep.length === 0) return null;
    return `${asleep.join(' and ')} ${asleep.length === 1 ? 'sleeps' : 'sleep'} for ever`;
  };
}

/** A program whose threads must all come to their ends. */
export function program(
  threads: Readonly<Record<string, Thread['run']>>,
  more: Partial<Pick<Explorable, 'initial' | 'judge'>> = {},
): Explorable {
  const list = Object.entries(threads).map(([name, run]) => ({ name, run }));
  return { threads: list, initial: {}, judge: allEnd(list), ...more };
}

/** The same program, of which an ending that is right must also be right by `also`. */
export function judgedAlso(made: Explorable, also: Explorable['judge']): Explorable {
  return { ...made, judge: (ending) => made.judge(ending) ?? also(ending) };
}
