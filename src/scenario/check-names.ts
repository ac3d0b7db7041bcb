import type { ObjectDef } from './model.ts';
import type { Mention, Problems } from './problem.ts';
import type { Section } from './vocabulary.ts';

/** The kind of an object, by its section. */
const KINDS: Readonly<Record<Section, string>> = {
  bottom_halves: 'a bottom half',
  timers: 'a timer',
  fds: 'an fd',
  notifiers: 'a notifier',
  coroutines: 'a coroutine',
  co_queues: 'a co_queue',
  co_mutexes: 'a co_mutex',
  co_rwlocks: 'a co_rwlock',
  signals: 'a signal',
  children: 'a child',
  poll_notifiers: 'a poll notifier',
  sources: 'a source',
  iothreads: 'an iothread',
  threads: 'a thread',
  vcpus: 'a vcpu',
  requests: 'a request',
  words: 'a word',
  conds: 'a cond',
};

/** Entries of the order log that are not an object's name. */
const ENTRIES = new RegExp(
  [
    /^mlw$/,
    /^poll=[01]$/,
    /^next=[01]$/,
    /^nested(_mlw)?\($/,
    /^\)(=[01])?$/,
    /\.w$/,
    /\.poll(=[01]|_ready|_begin|_end)$/,
    /:(FILL|OK|ERR)$/,
    / clear=[01]$/,
    / exited \d+$/,
    / killed \S+$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
/** Signals have names of their own, which are entries too. */
const SIGNAL = /^SIG[A-Z0-9]+([+-]\d+)?(\(.*\))?$/;

/** The objects of a file by name: one name space for all kinds. */
export class Names {
  readonly #objects = new Map<string, ObjectDef>();
  readonly #problems: Problems;

  constructor(objects: readonly ObjectDef[], problems: Problems) {
    this.#problems = problems;
    for (const object of objects) this.#add(object);
  }

  get(name: string): ObjectDef | undefined {
    return this.#objects.get(name);
  }

  /** The object that is meant; reports a problem if there is none, or one of another kind. */
  find<S extends Section>(
    mention: Mention,
    ...sections: readonly S[]
  ): Extract<ObjectDef, { section: S }> | null {
    const { name, at } = mention;
    const found = this.#objects.get(name);
    if (found !== undefined && (sections as readonly Section[]).includes(found.section)) {
      return found as Extract<ObjectDef, { section: S }>;
    }
    const wanted = sections.map((section) => KINDS[section]).join(' or ');
    if (this.#problems.isFull) return null;
    if (found === undefined) {
      const words = [...this.namesOf(sections)];
      const have = words.length === 0 ? `: there is none` : ` that the file declares`;
      this.#problems.expected(at, name, `the name of ${wanted}${have}`, words);
    } else {
      const is = `'${name}' is ${KINDS[found.section]} (line ${found.at.line})`;
      this.#problems.add(at, `${is}, expected the name of ${wanted}`);
    }
    return null;
  }

  /** The names of these sections. */
  *namesOf(sections: readonly Section[]): Iterable<string> {
    for (const { section, name } of this.#objects.values()) {
      if (sections.includes(section)) yield name;
    }
  }

  #add(object: ObjectDef): void {
    const { name, at, section } = object;
    const other = this.#objects.get(name);
    if (other !== undefined) {
      const is = `${KINDS[other.section]} has it (line ${other.at.line})`;
      this.#problems.add(at, `found '${name}' again, expected a name of its own: ${is}`);
      return;
    }
    this.#objects.set(name, object);
    const isSignal = section === 'signals';
    if (ENTRIES.test(name) || (!isSignal && SIGNAL.test(name))) {
      const what = 'a name that is no entry of the order log';
      this.#problems.expected(at, name, what);
    } else if (name === 'self') {
      this.#problems.expected(at, name, "another name: 'self' stands for the acting coroutine");
    }
  }
}
