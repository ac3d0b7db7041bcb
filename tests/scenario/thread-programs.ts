/**
 * Random programs of three threads and an IOThread, as scenario files, and a model of them: what each
 * thread does in order, and what happens before what in another. The programs cannot hang: a thread waits
 * only for what a thread does before it in the list of steps, and holds no lock meanwhile.
 */

import fc from 'fast-check';
import type { RunResult } from '../../src/scenario/run/run.ts';

const WHO = ['main', 't', 'u'] as const;
type Who = (typeof WHO)[number];
type Home = 'main' | 'io0';

const OPS = [
  ...(['log', 'compute', 'schedule', 'again', 'locked', 'signal', 'wait'] as const),
  ...(['arm', 'rearm', 'disarm', 'submit', 'cancel', 'co_schedule', 'wander'] as const),
] as const;

interface Step {
  readonly who: Who;
  readonly op: (typeof OPS)[number];
  readonly home: Home;
  readonly ns: number;
  /** A wait is for the signal of another thread that many before the last one. */
  readonly back: number;
}

export interface ThreadProgram {
  /** Whether the threads share the big lock; if not, main holds it, and waits by AIO_WAIT_WHILE. */
  readonly locks: boolean;
  readonly pollMaxNs: number;
  /** The most workers of a thread pool. */
  readonly workers: number;
  readonly steps: readonly Step[];
  readonly seed: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom(...WHO),
  op: fc.constantFrom(...OPS),
  home: fc.constantFrom('main', 'io0'),
  ns: fc.nat({ max: 60 }),
  back: fc.nat({ max: 2 }),
});

export const threadProgram: fc.Arbitrary<ThreadProgram> = fc.record({
  locks: fc.boolean(),
  pollMaxNs: fc.constantFrom(0, 30),
  workers: fc.constantFrom(1, 3),
  steps: fc.array(step, { minLength: 1, maxLength: 24 }),
  seed: fc.nat({ max: 1_000_000 }),
});

/** A program's file, and the facts that must hold of its order log. */
export interface Modelled {
  readonly text: string;
  /** The entries of each thread, in order. */
  readonly own: ReadonlyMap<string, readonly string[]>;
  readonly before: readonly (readonly [string, string])[];
  /** Entries that come once: bottom halves, timers, requests and coroutines, after their schedule. */
  readonly once: readonly string[];
  /** Timers that are disarmed long before they are due. */
  readonly never: readonly string[];
  /** Requests that are cancelled: one that was not begun ends with -ECANCELED, others with what their work returns. */
  readonly cancelled: readonly {
    readonly work: string;
    readonly ended: string;
    readonly cancelled: string;
  }[];
  /** Bottom halves and timers that are scheduled many times: each schedule has a call after it. */
  readonly again: readonly (readonly [schedule: string, call: string])[];
  /** Entries made when a thread has taken the lock, and before it gives it back. */
  readonly locked: readonly (readonly [string, string])[];
}

type Plain = unknown;

class Modeller {
  readonly own = new Map<Who, string[]>(WHO.map((who) => [who, []]));
  readonly before: [string, string][] = [];
  readonly once: string[] = [];
  readonly never: string[] = [];
  readonly cancelled: { work: string; ended: string; cancelled: string }[] = [];
  readonly again: [string, string][] = [];
  readonly locked: [string, string][] = [];
  readonly #bodies = new Map<Who, Plain[]>(WHO.map((who) => [who, []]));
  readonly #bhs: Record<string, Plain> = {};
  readonly #timers: Record<string, Plain> = {};
  readonly #requests: Record<string, Plain> = {};
  readonly #coroutines: Record<string, Plain> = {};
  readonly #words = ['ran_main', 'ran_io0', 'arrived'];
  /** How much runs in a context; in io0 without main, which may have to run its own first. */
  readonly #ran = { main: 0, io0: 0 };
  /** How many coroutines come to io0 from main. */
  #arrives = 0;
  /** The last coroutine that a thread has scheduled in a context. */
  readonly #lastCo = new Map<string, string>();
  readonly #signals: { readonly who: Who; readonly word: string; readonly entry: string }[] = [];
  readonly #program: ThreadProgram;

  constructor(program: ThreadProgram) {
    this.#program = program;
    program.steps.forEach((one, i) => {
      this.#step(one, i);
    });
  }

  #step({ who, op, home, ns, back }: Step, i: number): void {
    const { locks } = this.#program;
    switch (op) {
      case 'log':
        this.#log(who, `log ${i}`);
        return;
      case 'compute':
        this.#do(who, { compute: `${ns}ns` });
        return;
      case 'schedule': {
        const name = `b${i}`;
        const scheduled = this.#log(who, `schedule ${i}`);
        this.#do(who, { schedule: name });
        const inside = locks && home === 'io0' && ns % 2 === 0 ? this.#section(home, i, ns) : [];
        this.#bhs[name] = { in: home, do: [...inside, { add: { [`ran_${home}`]: 1 } }] };
        this.#ran[home]++;
        this.before.push([scheduled, `${home}: ${name}`]);
        this.once.push(`${home}: ${name}`);
        return;
      }
      case 'arm':
        this.#runs(who, home, i, 't', { arm: { [`t${i}`]: `${ns}ns` } });
        this.#timers[`t${i}`] = { in: home, do: [ran(home)] };
        return;
      case 'rearm': {
        const name = `rearm_${home}`;
        this.#timers[name] = { in: home };
        this.again.push([this.#log(who, `rearm ${i}`), `${home}: ${name}`]);
        this.#do(who, { arm: { [name]: `${ns}ns` } });
        return;
      }
      case 'disarm':
        // Long before it is due; time goes on to that if it is forgotten.
        this.#timers[`d${i}`] = { in: home };
        this.#do(who, { arm: { [`d${i}`]: '3600s' } }, { compute: `${ns}ns` }, { disarm: `d${i}` });
        this.never.push(`${home}: d${i}`);
        return;
      case 'submit':
      case 'cancel':
        this.#submit(who, home, i, op === 'cancel');
        return;
      case 'co_schedule': {
        this.#coroutines[`c${i}`] = { in: home, do: [{ log: `c${i}` }, ran(home)] };
        this.#runs(who, home, i, 'c', { co_schedule: `c${i}` });
        const by = `${who} in ${home}`;
        const last = this.#lastCo.get(by);
        // First in, first out.
        if (last !== undefined) this.before.push([last, `${home}: c${i}`]);
        this.#lastCo.set(by, `${home}: c${i}`);
        return;
      }
      case 'wander':
        this.#wander(who, home, i);
        return;
      case 'again': {
        const name = `again_${home}`;
        this.#bhs[name] = { in: home };
        this.again.push([this.#log(who, `again ${i}`), `${home}: ${name}`]);
        this.#do(who, { schedule: name });
        return;
      }
      case 'locked':
        if (!locks) return;
        this.#do(who, ...this.#section(who, i, ns));
        this.own.get(who)!.push(`in ${i}`, `out ${i}`);
        return;
      case 'signal': {
        const word = `w${i}`;
        this.#words.push(word);
        this.#signals.push({ who, word, entry: this.#log(who, `signal ${i}`) });
        this.#do(who, { put: { [word]: 1 } }, 'kick');
        return;
      }
      case 'wait':
        this.#wait(who, i, back);
    }
  }

  /** An action makes something run in a context: once, and after this. */
  #runs(who: Who, home: Home, i: number, kind: string, action: Plain): void {
    this.before.push([this.#log(who, `does ${kind}${i}`), `${home}: ${kind}${i}`]);
    this.once.push(`${home}: ${kind}${i}`);
    this.#do(who, action);
    this.#ran[home]++;
  }

  /** A context submits a request to its pool, and may cancel it at once. */
  #submit(who: Who, home: Home, i: number, cancels: boolean): void {
    const name = `r${i}`;
    const work = `worker: work ${i}`;
    const submits = [{ submit: name }, ...(cancels ? [{ cancel: name }] : [])];
    this.#bhs[`s${i}`] = { in: home, quiet: true, do: submits };
    const ended = { log: `${name} ret=$(${name}.ret)` };
    const shown = { in: home, work: [{ log: `work ${i}` }], returns: i, do: [ended, ran(home)] };
    this.#requests[name] = shown;
    this.#runs(who, home, i, 'r', { schedule: `s${i}` });
    const ret = (value: number): string => `${home}: ${name} ret=${value}`;
    if (cancels) this.cancelled.push({ work, ended: ret(i), cancelled: ret(-125) });
    else {
      this.once.push(work, ret(i));
      this.before.push([work, ret(i)]);
    }
  }

  /** A coroutine goes from one context to the other. */
  #wander(who: Who, home: Home, i: number): void {
    const to = home === 'main' ? 'io0' : 'main';
    const arrives = to === 'main' ? [ran(to)] : [{ add: { arrived: 1 } }, 'kick'];
    const goes = [{ reschedule: to }, { log: `there ${i}` }, ...arrives];
    this.#coroutines[`w${i}`] = { in: home, do: [{ log: `w${i}` }, ran(home), ...goes] };
    this.#runs(who, home, i, 'w', { co_schedule: `w${i}` });
    if (to === 'main') this.#ran.main++;
    else this.#arrives++;
    this.before.push([`${home}: w${i}`, `${to}: there ${i}`]);
    this.once.push(`${to}: there ${i}`);
  }

  #wait(who: Who, i: number, back: number): void {
    const signal = this.#signals.filter((one) => one.who !== who).at(-1 - back);
    if (signal === undefined) return;
    const { word, entry } = signal;
    const polls = who === 'main' && !this.#program.locks;
    if (polls)
      this.#do(who, { wait_while: { context: 'main', while: { [word]: 0 }, unlocked: true } });
    else this.#do(who, { wait_for: { [word]: 1 } });
    this.before.push([entry, this.#log(who, `goes on ${i}`)]);
  }

  /** Actions with the lock. */
  #section(thread: string, i: number, ns: number): Plain[] {
    this.locked.push([`${thread}: in ${i}`, `${thread}: out ${i}`]);
    const inside = [{ log: `in ${i}` }, { compute: `${ns}ns` }, { log: `out ${i}` }];
    return [{ lock: 'bql' }, ...inside, { unlock: 'bql' }];
  }

  #do(who: Who, ...actions: Plain[]): void {
    this.#bodies.get(who)!.push(...actions);
  }

  /** An entry of the thread's own. Returns it as the order log has it. */
  #log(who: Who, text: string): string {
    this.#do(who, { log: text });
    this.own.get(who)!.push(text);
    return `${who}: ${text}`;
  }

  get text(): string {
    const { locks, pollMaxNs, workers, seed } = this.#program;
    const [main, t, u] = WHO.map((who) => this.#bodies.get(who)!);
    const join = [{ join: 't' }, { join: 'u' }];
    const until = (word: string, count: number): Plain => ({
      wait_while: { context: 'main', while: { [word]: `<${count}` }, unlocked: true },
    });
    const poll = { poll: { quiet: true } };
    return JSON.stringify({
      name: 'a program of three threads',
      drive: 'aio_poll',
      seed,
      iothreads: { io0: { poll_max: `${pollMaxNs}ns`, thread_pool_max: workers } },
      main_loop: { thread_pool_max: workers },
      words: this.#words,
      bottom_halves: this.#bhs,
      timers: this.#timers,
      requests: this.#requests,
      coroutines: this.#coroutines,
      threads: { t: { do: t }, u: { do: u } },
      steps: [
        ...(locks ? [{ unlock: 'bql' }] : []),
        ...main!,
        ...join,
        // Lost wake-ups leave it waiting for ever.
        { wait_for: { ran_io0: this.#ran.io0 } },
        ...(locks ? [{ lock: 'bql' }] : []),
        until('ran_main', this.#ran.main),
        until('arrived', this.#arrives),
        // The timer that is armed many times is due.
        { wait_for: '200ns' },
        poll,
        poll,
        { wait_idle: 'io0' },
      ],
    });
  }
}

/** Tells that something has run in a context. */
function ran(home: Home): Plain {
  return { add: { [`ran_${home}`]: 1 } };
}

export function modelOf(program: ThreadProgram): Modelled {
  return new Modeller(program);
}

/** The first fact that does not hold of a run; null if all do. */
export function wrongIn(model: Modelled, result: RunResult): string | null {
  const log = result.order.map(({ text }) => text);
  const [failure] = result.failures;
  if (failure !== undefined) return `${failure.kind}: ${failure.message}`;
  for (const [who, texts] of model.own) {
    const wanted = texts.map((text) => `${who}: ${text}`);
    const known = new Set(wanted);
    const found = log.filter((text) => known.has(text));
    if (found.join() !== wanted.join()) return `order of ${who}: ${found.join(', ')}`;
  }
  for (const text of model.once) {
    const calls = log.filter((one) => one === text).length;
    if (calls !== 1) return `${text}: called ${calls} times`;
  }
  for (const text of model.never) if (log.includes(text)) return `${text}: it was disarmed`;
  for (const { work, ended, cancelled } of model.cancelled) {
    const expected = log.includes(work) ? ended : cancelled;
    const found = [ended, cancelled].filter((text) => log.includes(text));
    if (found.join() !== expected) return `'${found}' after '${work}', expected '${expected}'`;
  }
  for (const [a, b] of model.before) {
    if (log.indexOf(a) > log.indexOf(b)) return `'${b}' comes before '${a}'`;
  }
  for (const [schedule, call] of model.again) {
    if (log.lastIndexOf(call) < log.indexOf(schedule)) return `no '${call}' after '${schedule}'`;
  }
  return wrongSection(model, log);
}

function wrongSection({ locked }: Modelled, log: readonly string[]): string | null {
  const ends = new Map(locked);
  const begins = new Set(locked.map(([begin]) => begin));
  const all = new Set(locked.flat());
  const inside = log.filter((text) => all.has(text));
  for (let i = 0; i < inside.length; i += 2) {
    const begin = inside[i]!;
    if (!begins.has(begin) || inside[i + 1] !== ends.get(begin)) {
      return `with the lock: ${inside.slice(i, i + 2).join(', ')}`;
    }
  }
  return null;
}
