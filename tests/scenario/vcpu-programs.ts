/**
 * Random programs of vCPUs, the main thread and one thread more, as scenario files, and a model of them: work
 * that is queued, vCPUs that run alone, pauses and kicks. The programs cannot hang: vCPUs wait for nothing
 * but the lock and each other, and nobody waits with the lock, except as run_on_cpu and a pause do.
 */

import fc from 'fast-check';
import type { RunResult } from '../../src/scenario/run/run.ts';
import { type Modelled, wrongIn } from './thread-programs.ts';

const CPUS = ['cpu0', 'cpu1'] as const;
const WHO = ['main', 't', ...CPUS] as const;
type Cpu = (typeof CPUS)[number];
type Who = (typeof WHO)[number];

const OPS = [
  ...(['log', 'compute', 'locked', 'signal', 'wait', 'kick'] as const),
  ...(['run', 'async', 'safe', 'chain', 'alone', 'alone', 'pause'] as const),
] as const;

interface Step {
  readonly who: Who;
  readonly op: (typeof OPS)[number];
  /** The vCPU that work is for. */
  readonly cpu: Cpu;
  readonly ns: number;
}

export interface VcpuProgram {
  /** Whether there is a third vCPU, which goes round for ever. */
  readonly spins: boolean;
  readonly steps: readonly Step[];
  readonly seed: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  who: fc.constantFrom(...WHO),
  op: fc.constantFrom(...OPS),
  cpu: fc.constantFrom(...CPUS),
  ns: fc.nat({ max: 60 }),
});

export const vcpuProgram: fc.Arbitrary<VcpuProgram> = fc.record({
  spins: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 24 }),
  seed: fc.nat({ max: 1_000_000 }),
});

type Plain = unknown;
type Pair = [begin: string, end: string];

/** The facts that must hold of the order log, beside those of Modelled. */
interface VcpuModel extends Modelled {
  /** Each begins and ends while a vCPU is alone: no program does anything between, nor is another one alone. */
  readonly alone: readonly Pair[];
  /** No program does anything between them. */
  readonly paused: readonly Pair[];
  /** The entries of the vCPUs' programs, in any place. */
  readonly programs: ReadonlySet<string>;
}

class Modeller implements VcpuModel {
  readonly own = new Map<string, string[]>(WHO.map((who) => [who, []]));
  readonly before: Pair[] = [];
  readonly once: string[] = [];
  readonly never: string[] = [];
  readonly cancelled: Modelled['cancelled'] = [];
  readonly again: Modelled['again'] = [];
  readonly locked: Pair[] = [];
  readonly alone: Pair[] = [];
  readonly paused: Pair[] = [];
  readonly programs = new Set<string>();
  readonly #bodies = new Map<Who, Plain[]>(WHO.map((who) => [who, []]));
  readonly #words = ['done'];
  readonly #signals: { readonly who: Who; readonly word: string; readonly entry: string }[] = [];
  /** The end of the last work that a thread has queued for a vCPU. */
  readonly #last = new Map<string, string>();
  readonly #program: VcpuProgram;
  /** How many pieces of work there are. */
  #work = 0;

  constructor(program: VcpuProgram) {
    this.#program = program;
    program.steps.forEach((one, i) => {
      this.#step(one, i);
    });
  }

  #step({ who, op, cpu, ns }: Step, i: number): void {
    const isCpu = who === 'cpu0' || who === 'cpu1';
    const compute = { compute: `${ns}ns` };
    switch (op) {
      case 'log':
        this.#log(who, `log ${i}`);
        return;
      case 'compute':
        this.#do(who, compute);
        return;
      case 'kick':
        this.#do(who, { kick: cpu });
        return;
      case 'locked':
        this.#do(who, { lock: 'bql' });
        this.locked.push(this.#around(who, i, compute));
        this.#do(who, { unlock: 'bql' });
        return;
      case 'signal': {
        const word = `w${i}`;
        this.#words.push(word);
        this.#signals.push({ who, word, entry: this.#log(who, `signal ${i}`) });
        this.#do(who, { put: { [word]: 1 } });
        return;
      }
      case 'wait': {
        const signal = this.#signals.findLast((one) => one.who !== who);
        if (isCpu || signal === undefined) return;
        this.#do(who, { wait_for: { [signal.word]: 1 } });
        this.before.push([signal.entry, this.#log(who, `goes on ${i}`)]);
        return;
      }
      case 'alone':
        if (isCpu) this.#alone(who, i, ns);
        return;
      case 'pause':
        if (who === 'main') this.#pause(i, compute);
        return;
      case 'run':
        if (isCpu) this.#queue(who, cpu, i, 'async', []);
        else this.#run(who, cpu, i);
        return;
      case 'async':
      case 'safe':
        this.#queue(who, cpu, i, op, [compute]);
        return;
      case 'chain':
        this.#chain(who, cpu, i);
    }
  }

  /** A vCPU is alone in its program, perhaps with the lock. */
  #alone(who: Who, i: number, ns: number): void {
    const inside = ns % 3 === 0 ? [{ lock: 'bql' }, { unlock: 'bql' }] : [{ compute: `${ns}ns` }];
    this.#do(who, 'start_exclusive');
    this.alone.push(this.#around(who, i, ...inside));
    this.#do(who, 'end_exclusive');
  }

  #pause(i: number, compute: Plain): void {
    this.#do('main', { lock: 'bql' }, 'pause_all_vcpus');
    const pair = this.#around('main', i, compute);
    this.#do('main', 'resume_all_vcpus', { unlock: 'bql' });
    this.paused.push(pair);
    this.locked.push(pair);
  }

  #run(who: Who, cpu: Cpu, i: number): void {
    this.#do(who, { lock: 'bql' });
    this.#queue(who, cpu, i, 'run', []);
    this.#do(who, { unlock: 'bql' });
    this.before.push([`${cpu}: work out ${i}`, this.#log(who, `behind ${i}`)]);
  }

  /** Work for a vCPU: done once, after this, and in the order of the thread that queues it. */
  #queue(who: Who, cpu: Cpu, i: number, how: 'run' | 'async' | 'safe', inside: Plain[]): void {
    const queued = this.#log(who, `queues ${i}`);
    const [begin, end] = this.#works(cpu, i, how === 'safe');
    this.#do(who, action(how, cpu, this.#body(i, inside)));
    this.before.push([queued, begin]);
    const last = this.#last.get(`${who} ${cpu}`);
    if (last !== undefined) this.before.push([last, begin]);
    this.#last.set(`${who} ${cpu}`, end);
  }

  /** Work of one vCPU queues work for the other one, which is alone for it. */
  #chain(who: Who, cpu: Cpu, i: number): void {
    const other = cpu === 'cpu0' ? 'cpu1' : 'cpu0';
    const inner = `${i}b`;
    this.#queue(who, cpu, i, 'async', [action('safe', other, this.#body(inner, []))]);
    const [begin] = this.#works(other, inner, true);
    this.before.push([`${cpu}: work in ${i}`, begin]);
  }

  #body(i: number | string, inside: Plain[]): Plain[] {
    return [{ log: `work in ${i}` }, ...inside, { log: `work out ${i}` }, { add: { done: 1 } }];
  }

  #works(cpu: Cpu, i: number | string, isSafe: boolean): Pair {
    this.#work++;
    const pair: Pair = [`${cpu}: work in ${i}`, `${cpu}: work out ${i}`];
    this.once.push(...pair);
    (isSafe ? this.alone : this.locked).push(pair);
    return pair;
  }

  /** Two entries of a thread's own, with actions between them. */
  #around(who: Who, i: number, ...inside: Plain[]): Pair {
    const begin = this.#log(who, `in ${i}`);
    this.#do(who, ...inside);
    return [begin, this.#log(who, `out ${i}`)];
  }

  #do(who: Who, ...actions: Plain[]): void {
    this.#bodies.get(who)!.push(...actions);
  }

  /** An entry of the thread's own. Returns it as the order log has it. */
  #log(who: Who, text: string): string {
    this.#do(who, { log: text });
    this.own.get(who)!.push(text);
    const entry = `${who}: ${text}`;
    if (who === 'cpu0' || who === 'cpu1') this.programs.add(entry);
    return entry;
  }

  get text(): string {
    const { spins, seed } = this.#program;
    const [main, t, ...cpus] = WHO.map((who) => this.#bodies.get(who)!);
    const vcpus = CPUS.map((cpu, i) => [cpu, { do: cpus[i], loop: 1 }]);
    const more = spins ? [['cpu2', { do: [{ compute: '20ns' }], loop: 'forever' }]] : [];
    return JSON.stringify({
      name: 'a program of vCPUs',
      drive: 'aio_poll',
      seed,
      words: this.#words,
      vcpus: Object.fromEntries([...vcpus, ...more]),
      threads: { t: { do: t } },
      steps: [
        { unlock: 'bql' },
        ...main!,
        { join: 't' },
        ...CPUS.map((cpu) => ({ join: cpu })),
        // Work that is lost leaves it waiting for ever.
        { wait_for: { done: this.#work } },
        { lock: 'bql' },
      ],
    });
  }
}

const CALLS = {
  run: 'run_on_cpu',
  async: 'async_run_on_cpu',
  safe: 'async_safe_run_on_cpu',
} as const;

function action(how: keyof typeof CALLS, cpu: Cpu, body: Plain[]): Plain {
  return { [CALLS[how]]: { cpu, do: body } };
}

export function vcpuModelOf(program: VcpuProgram): VcpuModel {
  return new Modeller(program);
}

/** The first fact that does not hold of a run; null if all do. */
export function wrongOfVcpus(model: VcpuModel, result: RunResult): string | null {
  const log = result.order.map(({ text }) => text);
  return wrongIn(model, result) ?? wrongAlone(model, log) ?? wrongPause(model, log);
}

function wrongAlone({ alone, programs }: VcpuModel, log: readonly string[]): string | null {
  const all = new Set(alone.flat());
  for (const [begin, end] of alone) {
    const inside = log.slice(log.indexOf(begin) + 1, log.indexOf(end));
    const other = inside.find((entry) => all.has(entry) || programs.has(entry));
    if (other !== undefined) return `'${other}' between '${begin}' and '${end}'`;
  }
  return null;
}

function wrongPause({ paused, programs }: VcpuModel, log: readonly string[]): string | null {
  for (const [begin, end] of paused) {
    const inside = log.slice(log.indexOf(begin) + 1, log.indexOf(end));
    const program = inside.find((entry) => programs.has(entry));
    if (program !== undefined) return `'${program}' between '${begin}' and '${end}'`;
  }
  return null;
}
