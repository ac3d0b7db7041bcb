import { describe, expect, it } from 'vitest';
import { MainContext } from '../../src/mainloop/main-context.ts';
import {
  G_PRIORITY_DEFAULT,
  G_PRIORITY_DEFAULT_IDLE,
  G_PRIORITY_HIGH,
  G_PRIORITY_HIGH_IDLE,
  Source,
} from '../../src/mainloop/source.ts';

/** A source that says what it is asked, and is ready as told. */
class Probe extends Source {
  readonly #log: string[];
  timeoutMs = -1;
  checks = false;
  stays = true;
  act: () => void = () => {};

  constructor(log: string[], name: string, priority = G_PRIORITY_DEFAULT, canRecurse = false) {
    super(name, priority, canRecurse);
    this.#log = log;
  }

  prepare(): number {
    this.#log.push(`prepare ${this.name}`);
    return this.timeoutMs;
  }

  check(): boolean {
    this.#log.push(`check ${this.name}`);
    return this.checks;
  }

  dispatch(): boolean {
    this.#log.push(`dispatch ${this.name}`);
    this.act();
    return this.stays;
  }
}

class Bench {
  readonly log: string[] = [];
  readonly context = new MainContext();

  probe(name: string, priority = G_PRIORITY_DEFAULT, canRecurse = false): Probe {
    const probe = new Probe(this.log, name, priority, canRecurse);
    this.context.attach(probe);
    return probe;
  }

  iterate(): void {
    this.context.prepare();
    if (this.context.check()) this.context.dispatch();
  }

  dispatched(): string[] {
    const calls = this.log.splice(0).filter((entry) => entry.startsWith('dispatch'));
    return calls.map((entry) => entry.slice('dispatch '.length));
  }
}

describe('priorities', () => {
  it('order the sources; equal ones are in order of attachment', () => {
    const bench = new Bench();
    bench.probe('idle', G_PRIORITY_DEFAULT_IDLE);
    bench.probe('a');
    bench.probe('high', G_PRIORITY_HIGH);
    bench.probe('b');
    bench.probe('high idle', G_PRIORITY_HIGH_IDLE);
    expect(bench.context.sources.map(({ name }) => name)).toEqual([
      'high',
      'a',
      'b',
      'high idle',
      'idle',
    ]);
  });

  it('M1: a ready source hides all of a lower priority, and their fds', () => {
    const bench = new Bench();
    const high = bench.probe('high', G_PRIORITY_HIGH);
    const normal = bench.probe('normal');
    normal.timeoutMs = 0;
    high.timeoutMs = 0;
    bench.context.prepare();
    expect(bench.log).toEqual(['prepare high']);
    expect(bench.context.pollsFds).toBe(false);
    expect(bench.context.timeoutMs).toBe(0);
    bench.log.length = 0;
    expect(bench.context.check()).toBe(true);
    bench.context.dispatch();
    expect(bench.log.splice(0)).toEqual(['dispatch high']);
    high.timeoutMs = -1;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['normal']);
    expect(bench.context.pollsFds).toBe(true);
  });

  it('a source that becomes ready in check hides lower ones too', () => {
    const bench = new Bench();
    const high = bench.probe('high', G_PRIORITY_HIGH);
    const idle = bench.probe('idle', G_PRIORITY_DEFAULT_IDLE);
    idle.timeoutMs = 0;
    high.checks = true;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['high']);
    high.checks = false;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['idle']);
  });

  it('M1: this also holds after an iteration in which more were ready', () => {
    const bench = new Bench();
    const high = bench.probe('high', G_PRIORITY_HIGH);
    bench.probe('a').timeoutMs = 0;
    bench.probe('b').timeoutMs = 0;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a', 'b']);
    high.checks = true;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['high']);
  });

  it('equals are dispatched together', () => {
    const bench = new Bench();
    for (const name of ['a', 'b']) bench.probe(name).checks = true;
    bench.probe('idle', G_PRIORITY_DEFAULT_IDLE).checks = true;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a', 'b']);
  });
});

describe('timeouts', () => {
  it('are the soonest of all sources asked', () => {
    const bench = new Bench();
    bench.context.prepare();
    expect(bench.context.timeoutMs).toBe(-1);
    for (const [name, ms] of [
      ['a', 30],
      ['b', 20],
      ['c', -1],
      ['d', 40],
    ] as const) {
      bench.probe(name).timeoutMs = ms;
    }
    bench.context.prepare();
    expect(bench.context.timeoutMs).toBe(20);
    bench.probe('now').timeoutMs = 0;
    bench.context.prepare();
    expect(bench.context.timeoutMs).toBe(0);
  });
});

describe('coming and going', () => {
  it('a source is attached once', () => {
    const bench = new Bench();
    const a = bench.probe('a');
    expect(() => bench.context.attach(a)).toThrow("source 'a' is attached already");
    a.dispose();
    a.dispose();
    expect(bench.context.sources).toEqual([]);
    bench.context.attach(a);
    expect(bench.context.sources).toEqual([a]);
  });

  it('a source may ask to leave after its dispatch', () => {
    const bench = new Bench();
    const once = bench.probe('once');
    once.checks = true;
    once.stays = false;
    bench.iterate();
    bench.iterate();
    expect(bench.dispatched()).toEqual(['once']);
    expect(once.context).toBeNull();
  });

  it('a source removed in the middle of a dispatch is not dispatched', () => {
    const bench = new Bench();
    const [a, b] = [bench.probe('a'), bench.probe('b')];
    a.checks = b.checks = true;
    a.act = () => b.dispose();
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a']);
  });

  it('a source removed and attached again is not dispatched either: it waits for its turn', () => {
    const bench = new Bench();
    const [a, b] = [bench.probe('a'), bench.probe('b')];
    a.checks = b.checks = true;
    a.act = () => {
      b.dispose();
      bench.context.attach(b);
    };
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a']);
    a.act = () => {};
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a', 'b']);
  });

  it('a source attached in a dispatch waits for the next iteration', () => {
    const bench = new Bench();
    const late = new Probe(bench.log, 'late');
    late.checks = true;
    const a = bench.probe('a');
    a.checks = true;
    a.act = () => void bench.context.attach(late);
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a']);
    a.act = () => {};
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a', 'late']);
  });
});

describe('nested iterations', () => {
  it('call a source again only if it may recurse', () => {
    const bench = new Bench();
    let depth = 0;
    const nest = (): void => {
      if (depth++ === 0) bench.iterate();
    };
    const plain = bench.probe('plain');
    plain.checks = true;
    plain.act = nest;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['plain']);
    plain.dispose();
    depth = 0;
    const recursive = bench.probe('recursive', G_PRIORITY_DEFAULT, true);
    recursive.checks = true;
    recursive.act = nest;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['recursive', 'recursive']);
  });

  it('M2: take over the sources that the outer one has not dispatched, which ends it', () => {
    const bench = new Bench();
    const [a, b] = [bench.probe('a'), bench.probe('b')];
    a.checks = b.checks = true;
    a.act = () => {
      // Ready still, though a second look would say no.
      b.checks = false;
      bench.iterate();
      bench.log.push('dispatch end of a');
    };
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a', 'b', 'end of a']);
    expect(b.ready).toBe(false);
  });

  it('M2: READY is kept during an iteration in which a higher priority was ready', () => {
    const bench = new Bench();
    const high = bench.probe('high', G_PRIORITY_HIGH);
    const idle = bench.probe('idle', G_PRIORITY_DEFAULT_IDLE);
    idle.timeoutMs = 0;
    high.checks = true;
    bench.iterate();
    idle.timeoutMs = -1;
    high.checks = false;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['high', 'idle']);
  });

  it('a source removed by a nested iteration does not come back', () => {
    const bench = new Bench();
    const [a, b] = [bench.probe('a'), bench.probe('b')];
    a.checks = b.checks = true;
    b.stays = false;
    a.act = () => bench.iterate();
    bench.iterate();
    a.act = () => {};
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a', 'b', 'a']);
  });
});

describe('a dispatch that throws', () => {
  it('leaves the others ready, and its source attached and able to run', () => {
    const bench = new Bench();
    const [a, b] = [bench.probe('a'), bench.probe('b')];
    a.checks = b.checks = true;
    a.act = () => {
      throw new Error('from a source');
    };
    expect(() => bench.iterate()).toThrow('from a source');
    a.act = () => {};
    b.checks = false;
    bench.iterate();
    expect(bench.dispatched()).toEqual(['a', 'a', 'b']);
  });
});

describe('the list of sources', () => {
  it('is not changed during a walk: a source attached meanwhile is asked the next time', () => {
    const bench = new Bench();
    const late = new Probe(bench.log, 'late', G_PRIORITY_DEFAULT);
    const first = bench.probe('first');
    const gone = bench.probe('gone');
    bench.probe('last');
    const { prepare } = first;
    first.prepare = () => {
      bench.context.attach(late);
      gone.dispose();
      first.prepare = prepare;
      return prepare.call(first);
    };
    bench.context.prepare();
    expect(bench.log.splice(0)).toEqual(['prepare first', 'prepare last']);
    bench.context.prepare();
    expect(bench.log).toEqual(['prepare first', 'prepare last', 'prepare late']);
  });

  it('is not changed during a walk inside a walk either', () => {
    const bench = new Bench();
    const [early, late] = ['early', 'late'].map(
      (name) => new Probe(bench.log, name, G_PRIORITY_DEFAULT),
    );
    const first = bench.probe('first');
    bench.probe('last');
    const { prepare } = first;
    const inner = (): number => {
      bench.context.attach(late!);
      first.prepare = prepare;
      return prepare.call(first);
    };
    first.prepare = () => {
      bench.context.attach(early!);
      first.prepare = inner;
      bench.context.prepare();
      return prepare.call(first);
    };
    bench.context.prepare();
    const within = ['prepare first', 'prepare last', 'prepare early'];
    expect(bench.log.splice(0)).toEqual([...within, 'prepare first', 'prepare last']);
    bench.context.prepare();
    expect(bench.log).toEqual([...within, 'prepare late']);
  });

  it('may be changed again after a source has thrown', () => {
    const bench = new Bench();
    const bad = bench.probe('bad');
    bad.prepare = () => {
      throw new Error('in prepare');
    };
    expect(() => bench.context.prepare()).toThrow('in prepare');
    bad.dispose();
    bench.probe('good');
    bench.context.prepare();
    expect(bench.log).toEqual(['prepare good']);
  });

  it('keeps its order however sources come and go', () => {
    const bench = new Bench();
    const priorities = [G_PRIORITY_DEFAULT, G_PRIORITY_HIGH, G_PRIORITY_DEFAULT_IDLE];
    const probes = Array.from({ length: 300 }, (_, i) =>
      bench.probe(`${i}`, priorities[(i * 7) % 3]!),
    );
    for (let i = 0; i < probes.length; i += 3) probes[i]!.dispose();
    for (let i = 0; i < probes.length; i += 6) bench.context.attach(probes[i]!);
    const rest = probes.filter((_, i) => i % 3 !== 0);
    const again = probes.filter((_, i) => i % 6 === 0);
    // If attached again, a source comes last among those of its priority.
    const expected = [...rest, ...again].sort((a, b) => a.priority - b.priority);
    expect(bench.context.sources.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
  });
});
