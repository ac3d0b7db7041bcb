import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { runAlone } from '../host/own-process.ts';

const program = join(import.meta.dirname, 'node-process.ts');

async function linesOf(test: string, kind: string): Promise<string[]> {
  const { status, stderr, stdout } = await runAlone(program, test, kind);
  expect({ status, stderr }).toEqual({ status: test.startsWith('exits') ? 3 : 0, stderr: '' });
  return stdout.trim().split('\n');
}

/** The lines that Node's own things say, one after the other. */
function goesOn(by: string): string[] {
  return [
    ...[`timer, driven by ${by}`, 'Linux', 'hello', 'execFile', 'execFileSync'],
    ...['a timer that keeps nothing alive', 'over'],
  ];
}

describe.each(['uv_poll', 'epoll_wait.async'])('a process whose loop is driven by %s', (kind) => {
  const lines = (test: string): Promise<string[]> => linesOf(test, kind);

  it('gives errors of callbacks to uncaughtException, and goes on', async () => {
    expect(await lines('errors')).toEqual([
      'before',
      'uncaught: of a callback',
      ...['tick', 'promise', 'after', 'tick', 'promise', 'over'],
    ]);
  });

  it('ends by an error that nobody handles', async () => {
    const { status, stderr } = await runAlone(program, 'dies', kind);
    expect(status).toBe(1);
    expect(stderr).toContain('Error: nobody handles it');
  });

  it('has the AsyncLocalStorage of runAsync in its callbacks', async () => {
    expect(await lines('storage')).toEqual(['of runAsync']);
  });

  it('lets the process end while it sleeps, after unref', async () => {
    expect(await lines('unref')).toEqual(['the last timer', 'exit 0']);
  });

  it('keeps the process alive', async () => {
    expect(await lines('ref')).toEqual(['a timer of the loop', 'over']);
  });

  it('lets process.exit through', async () => {
    expect(await lines('exits')).toEqual(['exit 3']);
  });

  it('serves http, fetches, and runs children of Node beside the loop', async () => {
    expect(await lines('node')).toEqual(goesOn(kind));
  });

  it('in a worker, lets it be terminated', async () => {
    const said = `driven by ${kind}`;
    expect(await lines('workers')).toEqual([said, said, 'over']);
  });

  it('in a worker, lets process.exit through', async () => {
    expect(await lines('exitsWithWorker')).toEqual(['exit 3']);
  });
});

describe('workers that sleep in their loops, whoever calls these', () => {
  it('can be terminated', async () => {
    const ways = ['run', 'run, an epoll', 'mainLoopWait', 'poll', 'poll, an epoll'];
    ways.push('poll, an epoll of QEMU 11', 'poll, io_uring');
    ways.push('mainLoopWait in runAsync', 'run in runAsync', 'run in runAsync, an epoll');
    ways.push('run in runAsync, again', 'poll in runAsync', "another loop's run in runAsync");
    ways.push('runAsync, then run', 'mainLoopWait, then runAsync');
    expect(await linesOf('workersInLoop', 'uv_poll')).toEqual(ways.map((way) => `${way}: 1`));
  });

  it('leave it to Node while that drives the loop, which then sleeps', async () => {
    expect(await linesOf('idleAfterInLoop', 'uv_poll')).toEqual(['idle']);
  });

  it('sleep, whatever Node has for them', async () => {
    const ways = ['poll', 'poll, an epoll', 'poll, an epoll of QEMU 11', 'poll, io_uring'];
    expect(await linesOf('restInLoop', 'uv_poll')).toEqual(ways);
  });

  it('let process.exit through', async () => {
    expect(await linesOf('exitsWithWorkersInLoop', 'uv_poll')).toEqual(['exit 3']);
  });
});

describe.runIf(process.arch === 'x64')("a loop with Node's own embedded", () => {
  const lines = (test: string): Promise<string[]> => linesOf(test, 'uv_poll');

  it('lets everything of Node go on, and gives uncaughtException its errors', async () => {
    const [timer, ...rest] = goesOn('uv_run');
    const said = await lines('embedded');
    const uncaught = 'uncaught: of an immediate made before';
    expect(said.filter((line) => line !== uncaught)).toEqual([timer, ...rest]);
    expect(said).toContain(uncaught);
  });

  it('calls the contexts first, then Node, then ticks and promises', async () => {
    expect(await lines('embeddedOrder')).toEqual([
      ...['timer of Node', 'tick', 'bottom half'],
      ...['tick of a bottom half', 'promise of a bottom half', 'immediate', '2 fds'],
    ]);
  });

  it('sleeps while nothing is to be done', async () => {
    expect(await lines('embeddedSleeps')).toEqual(['slept']);
  });

  it('is refused where promises or immediates would stand still', async () => {
    const [promise, immediate, over] = await lines('embeddedHeld');
    expect(promise).toMatch(/^run: it is called from a promise or/);
    expect(immediate).toMatch(/^run: it is called from an immediate/);
    expect(over).toBe('over');
  });

  it('fires timers in a run that a timer has called', async () => {
    const said = await lines('embeddedInTimer');
    // A process that was late by 29 ms has the other order.
    expect(said.slice(0, 2).sort()).toEqual(['1 ms', '30 ms']);
    expect(said.slice(2)).toEqual(['over']);
  });

  it("throws an error of the loop's own callbacks out of run", async () => {
    expect(await lines('embeddedError')).toEqual(['run threw: of a bottom half', 'null']);
  });

  it('is refused twice, and beside runAsync', async () => {
    expect(await lines('refused')).toEqual([
      'embedNode: Node drives the loop already',
      'embedNode: it is embedded already',
      "runAsync: Node's loop is embedded in this one",
    ]);
  });
});

it('a simulated host has no time of Node', () => {
  const loop = new MainLoop({ host: new SimHost() });
  expect(() => loop.embedNode()).toThrow('on the simulated host; use runAsync');
  loop.close();
});
