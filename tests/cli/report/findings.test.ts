import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../src/cli/report/model.ts';
import { SIGCHLD, SIGUSR1 } from '../../../src/host/constants.ts';
import { check, findings, modelOf, type Run, titles, traced } from './traces.ts';

const MS = 1e6;

/** Watches a pipe with a byte in it; the handler leaves it there. */
function leaky({ rig, loop, host }: Run, turns: number): number {
  const [read, write] = rig.pipe();
  rig.kick(write);
  const watched = loop.setFdHandler(read, { name: 'leaky', ioRead: () => host.advance(1000) });
  for (let i = 0; i < turns; i++) loop.mainLoopWait(false);
  watched.dispose();
  return read;
}

/** Watches a pipe that is written now and then; the handler reads it. */
function tidy({ rig, loop, host, turn }: Run, times: number): void {
  const [read, write] = rig.pipe();
  const watched = loop.setFdHandler(read, { name: 'tidy', ioRead: () => rig.drain(read) });
  for (let i = 0; i < times; i++) {
    host.at(host.nowNs + MS, () => rig.kick(write));
    turn(1);
  }
  watched.dispose();
}

describe('a quiet run', () => {
  it('has no findings, and every check says so', () => {
    const model = modelOf((run) => {
      run.child('one', 5 * MS);
      run.child('two', 9 * MS);
      run.timer('tick', 2 * MS, () => run.host.advance(1000));
      while (run.watch.size > 0) run.turn(1);
      tidy(run, 200);
    });
    for (const { id, findings: found, none } of model.checks) {
      expect(found, id).toEqual([]);
      expect(none).toMatch(/^Nothing found/);
    }
    expect(model.statistics.deathToReap).toHaveLength(2);
  });

  it('an empty trace has no findings either', () => {
    const model = buildModel({ events: [], dropped: 0, truncated: false }, { slowNs: 1 });
    expect(model.checks.flatMap((one) => one.findings)).toEqual([]);
    expect(model.checks).toHaveLength(8);
  });
});

describe('a loop that spins', () => {
  it('is explained by an fd that stays ready', () => {
    let fd = -1;
    const model = modelOf((run) => {
      fd = leaky(run, 300);
    });
    const [spin, ...others] = findings(model, 'spin');
    expect(others).toEqual([]);
    expect(spin!.title).toMatch(
      new RegExp(`^The loop spins for .*: fd ${fd} \\(leaky\\) was ready$`),
    );
    expect(spin!.text).toContain('300 polls in a row');
    const [all] = spin!.places;
    expect(all!.endNs - all!.startNs).toBeGreaterThanOrEqual(299 * 1000);
  });

  it('is explained by a bottom half that schedules itself', () => {
    const model = modelOf(({ loop, turn, host }) => {
      const bh = loop.newBottomHalf('restless', () => {
        host.advance(500);
        bh.schedule();
      });
      bh.schedule();
      turn(150);
      bh.dispose();
    });
    expect(titles(model, 'spin')).toEqual([
      expect.stringContaining('bottom half restless was scheduled'),
    ]);
    expect(titles(model, 'undrained')).toEqual([]);
  });

  it('is explained by a caller that does not let it sleep', () => {
    const model = modelOf(({ loop, host }) => {
      for (let i = 0; i < 120; i++) {
        loop.mainLoopWait(true);
        host.advance(100);
      }
    });
    expect(titles(model, 'spin')).toEqual([expect.stringContaining('it was asked not to block')]);
  });

  it('is not found in a shorter stretch', () => {
    expect(
      titles(
        modelOf((run) => void leaky(run, 90)),
        'spin',
      ),
    ).toEqual([]);
  });
});

describe('a handler that does not drain its fd', () => {
  it('is found by the fd that is ready again at once', () => {
    let fd = -1;
    const model = modelOf((run) => {
      fd = leaky(run, 31);
    });
    expect(titles(model, 'undrained')).toEqual([
      `fd ${fd} (leaky) was ready again at once 30 times`,
    ]);
  });

  it('is not found if it needs only a few rounds', () => {
    expect(
      titles(
        modelOf((run) => void leaky(run, 8)),
        'undrained',
      ),
    ).toEqual([]);
  });
});

describe('a callback that holds the loop', () => {
  function held(ns: number): (run: Run) => void {
    return (run) => {
      let done = false;
      run.timer('sluggish', MS, () => {
        run.host.advance(ns);
        done = true;
      });
      while (!done) run.turn(1);
    };
  }

  it('is found with its place', () => {
    const [found, ...others] = findings(modelOf(held(25 * MS)), 'slow');
    expect(others).toEqual([]);
    expect(found!.title).toBe('timer sluggish held the loop for 25 ms');
    expect(found!.places[0]!.endNs - found!.places[0]!.startNs).toBe(25 * MS);
  });

  it('is not found if it is fast enough', () => {
    const model = modelOf(held(9 * MS));
    expect(findings(model, 'slow')).toEqual([]);
    expect(check(model, 'slow').none).toContain('less than 10 ms');
  });

  it('--slow sets the limit', () => {
    expect(titles(modelOf(held(9 * MS), 9 * MS), 'slow')).toHaveLength(1);
  });

  it('is the innermost of nested callbacks', () => {
    const model = modelOf(({ signals, host, turn }) => {
      signals.sigaction(SIGUSR1, { name: 'dawdler', handler: () => host.advance(30 * MS) });
      host.at(host.nowNs + MS, () => host.raise(SIGUSR1));
      turn(1);
    });
    expect(titles(model, 'slow')).toEqual(['signal handler dawdler held the loop for 30 ms']);
  });
});

describe('starved bottom halves', () => {
  it('are found if a callback keeps them waiting, and the callback is named', () => {
    const model = modelOf(({ rig, loop, host, turn }) => {
      const bh = loop.newBottomHalf('hungry', () => {});
      const [read, write] = rig.pipe();
      const watched = loop.setFdHandler(read, {
        name: 'hog',
        ioRead: () => {
          rig.drain(read);
          bh.schedule();
          host.advance(40 * MS);
        },
      });
      rig.kick(write);
      turn(2);
      watched.dispose();
      bh.dispose();
    });
    const [found, ...others] = findings(model, 'starved');
    expect(others).toEqual([]);
    expect(found!.title).toBe('bottom half hungry waited 40 ms for its call');
    expect(found!.text).toContain('fd handler hog held the loop for 40 ms');
  });

  it('are found if nobody dispatches their context', () => {
    const model = modelOf((run) => {
      const ctx = run.rig.context({ trace: run.loop.trace, name: 'io0' });
      const bh = ctx.newBottomHalf('forgotten', () => {});
      run.loop.mainLoopWait(true);
      bh.schedule();
      for (let i = 0; i < 4; i++) run.loop.mainLoopWait(true);
      run.later(() => bh.dispose());
    });
    const [found] = findings(model, 'starved');
    expect(found!.title).toMatch(/^bottom half forgotten was scheduled and not called/);
    expect(found!.text).toContain('was not dispatched');
  });

  it('leave out those that run in the next iteration, are cancelled, or are idle', () => {
    const model = modelOf(({ loop, turn }) => {
      const [prompt, cancelled, idle] = ['prompt', 'cancelled', 'idle'].map((name) =>
        loop.newBottomHalf(name, () => {}),
      );
      prompt!.schedule();
      cancelled!.schedule();
      cancelled!.cancel();
      idle!.scheduleIdle();
      turn(1);
      for (let i = 0; i < 5; i++) loop.mainLoopWait(true);
      for (const bh of [prompt, cancelled, idle]) bh!.dispose();
    });
    expect(titles(model, 'starved')).toEqual([]);
  });
});

describe('SIGCHLDs that were merged', () => {
  it('are found for children that die at the same time', () => {
    const model = modelOf((run) => {
      for (const name of ['a', 'b', 'c']) run.child(name, 3 * MS);
      while (run.watch.size > 0) run.turn(1);
    });
    expect(titles(model, 'coalesced')).toEqual([
      '2 of 3 reaped children had no SIGCHLD of their own',
    ]);
    const [place] = findings(model, 'coalesced')[0]!.places;
    expect(model.events[place!.node]).toMatchObject({
      name: 'signalfd_record',
      args: { signo: SIGCHLD },
    });
    expect(model.children.filter(({ record }) => record < 0)).toHaveLength(2);
  });

  it('are not found for children that die one after the other', () => {
    const model = modelOf((run) => {
      run.child('a', 3 * MS);
      run.child('b', 6 * MS);
      while (run.watch.size > 0) run.turn(1);
    });
    expect(titles(model, 'coalesced')).toEqual([]);
  });
});

describe('old zombies', () => {
  it('include a child that dies while a callback holds the loop', () => {
    const model = modelOf((run) => {
      run.child('late', 5 * MS);
      run.timer('hog', 2 * MS, () => run.host.advance(60 * MS));
      while (run.watch.size > 0) run.turn(1);
    });
    const [found] = findings(model, 'zombies');
    expect(found!.severity).toBe('warn');
    expect(found!.title).toMatch(/^1 zombie grew older than 10 ms: the oldest (up to )?\d/);
    expect(found!.places[0]!.text).toMatch(/^late \(pid \d+\): /);
  });

  it('include a child that nobody waits for', () => {
    const model = modelOf((run) => {
      run.child('lost', 5 * MS);
      run.signals.sigaction(SIGCHLD, { name: 'careless', handler: () => {} });
      run.timer('end', 50 * MS, () => {});
      run.turn(2);
    });
    expect(titles(model, 'zombies')).toEqual([
      '1 child died and had not been reaped when the trace ended',
    ]);
  });

  it('leave out children that are reaped in time', () => {
    const model = modelOf((run) => {
      run.child('brief', 5 * MS);
      while (run.watch.size > 0) run.turn(1);
    });
    expect(titles(model, 'zombies')).toEqual([]);
    expect(check(model, 'zombies').none).toMatch(/1 child reaped, none later than /);
  });
});

describe('wake-ups without work', () => {
  it('include notifications after which nothing runs', () => {
    const model = modelOf(({ loop, host, turn }) => {
      for (let i = 0; i < 5; i++) {
        host.at(host.nowNs + 2 * MS, () => loop.context.notify());
        turn(1);
      }
      loop.mainLoopWait(true);
    });
    expect(titles(model, 'wakeups')).toEqual([
      expect.stringMatching(/^5 wake-ups without work: fd \d+ \(aio_context_notifier\) ready$/),
    ]);
  });

  it('leave out notifications of a bottom half', () => {
    const model = modelOf(({ loop, host, turn }) => {
      const bh = loop.newBottomHalf('work', () => {});
      for (let i = 0; i < 5; i++) {
        host.at(host.nowNs + 2 * MS, () => bh.schedule());
        turn(1);
      }
      loop.mainLoopWait(true);
      bh.dispose();
    });
    expect(titles(model, 'wakeups')).toEqual([]);
  });
});

it('a trace may begin in the middle of an iteration', () => {
  const whole = traced((run) => {
    run.child('a', 3 * MS);
    while (run.watch.size > 0) run.turn(1);
  });
  for (let from = 0; from < whole.events.length; from++) {
    const model = buildModel({ ...whole, events: whole.events.slice(from) }, { slowNs: MS });
    for (const slice of model.slices) expect(slice.endNs).toBeGreaterThanOrEqual(slice.startNs);
    for (const { from: cause, to } of model.links.all) {
      expect(cause).not.toBe(to);
    }
  }
});
