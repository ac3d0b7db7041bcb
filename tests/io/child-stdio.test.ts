import { describe, expect, it } from 'vitest';
import { P_PID, SIGCHLD, WEXITED } from '../../src/host/constants.ts';
import { newWaitResult, type SpawnRequest } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { type PipedChild, type PipedRequest, spawnPiped } from '../../src/io/child-stdio.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { ChildWatch } from '../../src/signal/child-watch.ts';
import { Signals } from '../../src/signal/signals.ts';
import { expectNoLeaks, held } from '../support/leaks.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A loop with a ChildWatch. Signals by compat, since other tests share this process. */
class Room<H extends LinuxHost | SimHost> {
  readonly host: H;
  readonly loop: MainLoop;
  readonly watch: ChildWatch;
  readonly log: string[] = [];
  readonly #signals: Signals;
  readonly #before: ReturnType<typeof held>;

  constructor(host: H) {
    this.host = host;
    this.#before = held(host);
    this.loop = new MainLoop({ host });
    const { loop } = this;
    this.#signals = new Signals(loop, { signals: [SIGCHLD], sigfd: 'compat' });
    this.watch = new ChildWatch({ loop, signals: this.#signals });
  }

  start(request: Omit<SpawnRequest, 'fds'>, more: Partial<PipedRequest> = {}): PipedChild {
    const { loop, watch } = this;
    return spawnPiped({
      ...{ loop, watch, request, stdout: this.lines('out'), stderr: this.lines('err') },
      onEnd: ({ status }) => this.log.push(`end ${status}`),
      onClose: ({ status }) => this.log.push(`close ${status}`),
      ...more,
    });
  }

  lines(name: string): Exclude<PipedRequest['stdout'], string | undefined> {
    return {
      onLine: (line) => this.log.push(`${name} ${line}`),
      onEnd: (error) => this.log.push(`${name} end ${error?.code ?? null}`),
    };
  }

  until(done: () => boolean): void {
    while (!done()) this.loop.mainLoopWait(false);
  }

  close(): void {
    for (const part of [this.watch, this.#signals, this.loop]) part.dispose();
    expectNoLeaks(this.host, this.#before);
    this.host.dispose();
  }
}

function inRoom<H extends LinuxHost | SimHost>(make: () => H, test: (room: Room<H>) => void) {
  return () => {
    const room = new Room(make());
    test(room);
    room.close();
  };
}

const linux = (test: (room: Room<LinuxHost>) => void) => inRoom(() => new LinuxHost(), test);
const sim = (test: (room: Room<SimHost>) => void) => inRoom(() => new SimHost(), test);
const sh = (script: string): Omit<SpawnRequest, 'fds'> => ({
  file: '/bin/sh',
  argv: ['sh', '-c', script],
});

describe('a child with pipes', () => {
  it(
    'has its output told by lines, its end, and the end of both',
    linux((room) => {
      const child = room.start(sh('echo a; echo b >&2; printf rest; exit 3'));
      expect(child.stdin).toBe(null);
      room.until(() => room.log.includes('close 3'));
      const { log } = room;
      expect(log.filter((line) => line.startsWith('out'))).toEqual([
        'out a',
        'out rest',
        'out end null',
      ]);
      expect(log.filter((line) => line.startsWith('err'))).toEqual(['err b', 'err end null']);
      expect(log.filter((line) => line.startsWith('end'))).toEqual(['end 3']);
      expect(log.at(-1)).toBe('close 3');
      expect(child.stdout!.closed && child.stderr!.closed).toBe(true);
    }),
  );

  it(
    'is told in the same way on the simulated host',
    sim((room) => {
      room.start(room.host.program({ write: 'a\nb', then: { exit: 3 } }), { stderr: 'inherit' });
      room.until(() => room.log.includes('close 3'));
      expect(room.log.slice(0, 2)).toEqual(['out a', 'out b']);
      expect(room.log.slice(2).sort()).toEqual(['close 3', 'end 3', 'out end null']);
    }),
  );

  it(
    'closes after its end if it leaves a process with its output',
    linux((room) => {
      const script = 'exec 3<&0; { read x <&3; echo late; } & echo $!; exit 4';
      const child = room.start(sh(script), { stdin: 'pipe', stderr: 'ignore' });
      room.until(() => room.log.includes('end 4') && room.log.length > 1);
      const pid = Number(room.log.find((line) => /^out \d/.test(line))!.slice(4));
      expect([...room.log].sort()).toEqual(['end 4', `out ${pid}`]);
      child.stdin!.end();
      room.until(() => room.log.includes('close 4'));
      expect(room.log.slice(2)).toEqual(['out late', 'out end null', 'close 4']);
      // Another test may have made this process a subreaper, whose child it is now.
      room.host.waitid(P_PID, pid, WEXITED, newWaitResult());
    }),
  );

  it(
    'reads what is written, however much, and its end',
    linux((room) => {
      let bytes = 0;
      const child = room.start(sh('cat'), {
        stdin: 'pipe',
        stdout: { onBytes: (some) => (bytes += some.length) },
      });
      const big = new Uint8Array(1_000_000).fill(65);
      expect(child.stdin!.write(big)).toBe(false);
      expect(child.stdin!.queued).toBeGreaterThan(0);
      let drained = 0;
      child.stdin!.onDrain = () => {
        drained++;
        expect(child.stdin!.write('end')).toBe(true);
        child.stdin!.end();
        expect(() => child.stdin!.write('late')).not.toThrow();
      };
      room.until(() => room.log.includes('close 0'));
      expect([bytes, drained, child.stdin!.closed]).toEqual([1_000_003, 1, true]);
    }),
  );

  it(
    'that does not read closes its input, without an error',
    linux((room) => {
      const child = room.start(sh('exec <&-; echo closed; read x <&1'), { stdin: 'pipe' });
      room.until(() => room.log.includes('out closed'));
      expect(child.stdin!.write('x')).toBe(false);
      expect(child.stdin!.closed).toBe(true);
      child.stdout!.dispose();
      room.until(() => room.log.some((line) => line.startsWith('end')));
    }),
  );

  it(
    'waits while its output is paused',
    linux((room) => {
      const out: string[] = [];
      const child = room.start(sh('echo 1; read x; echo 2'), {
        stdin: 'pipe',
        stdout: {
          onBytes: (bytes) => {
            out.push(text(bytes));
            if (out.length > 1) return;
            child.stdout!.pause();
            child.stdin!.end();
          },
        },
      });
      room.until(() => room.log.includes('end 0'));
      expect(out).toEqual(['1\n']);
      child.stdout!.resume();
      room.until(() => room.log.includes('close 0'));
      expect(out).toEqual(['1\n', '2\n']);
    }),
  );

  it(
    'has an output that is over if a line is too long',
    linux((room) => {
      room.start(sh('echo 12345678; exit 0'), { stdout: { ...room.lines('out'), maxLine: 7 } });
      room.until(() => room.log.includes('close 0'));
      expect(room.log.filter((line) => line.startsWith('out'))).toEqual(['out end EMSGSIZE']);
    }),
  );

  it(
    'has its input closed when it is over',
    linux((room) => {
      const child = room.start(sh('exit 5'), { stdin: 'pipe' });
      room.until(() => room.log.includes('close 5'));
      expect([child.stdin!.closed, child.stdin!.write('late')]).toEqual([true, false]);
    }),
  );

  it(
    'leaves nothing open if it cannot be started',
    linux((room) => {
      const start = () => room.start({ file: '/no/such', argv: ['x'] }, { stdin: 'pipe' });
      expect(start).toThrow(expect.objectContaining({ code: 'ENOENT' }));
    }),
  );

  it(
    'is refused for wrong options',
    sim((room) => {
      const request = room.host.program({});
      const of = (more: object) => () => room.start(request, more);
      expect(of({ stdin: 'pip' })).toThrow(
        "stdin is 'pip': expected 'pipe', 'inherit' or 'ignore'",
      );
      expect(of({ stdout: 5 })).toThrow(TypeError);
      expect(of({ stdout: { onLine: 1 } })).toThrow(
        "stdout: option 'onLine' is 1: expected a function",
      );
      const both = { onLine: () => {}, onBytes: () => {} };
      expect(of({ stderr: both })).toThrow('stderr: expected onBytes or onLine, not both');
      expect(of({ stdout: { maxLine: 0 } })).toThrow(RangeError);
      expect(() => room.start({ ...request, fds: [0] } as SpawnRequest)).toThrow(
        'the request has fds',
      );
      expect(room.watch.size).toBe(0);
    }),
  );
});

describe('the ids of a child on the simulated host', () => {
  it(
    'are ours only, since we are not root there',
    sim((room) => {
      const program = room.host.program({ then: { exit: 0 } });
      const start = (more: Partial<SpawnRequest>) => () =>
        room.watch.spawn({ ...program, ...more }, 'x');
      const eperm = expect.objectContaining({ code: 'EPERM' });
      for (const ids of [{ uid: 0 }, { gid: 1 }, { groups: [] }]) expect(start(ids)).toThrow(eperm);
      expect(start({ uid: 1000, gid: 1000 })).not.toThrow();
      expect(start({ uid: -1 })).toThrow(/^spawn: uid of .* is -1: expected an id from 0 to/);
      expect(start({ groups: [1.5] })).toThrow(/^spawn: groups of .* has 1.5: expected an id/);
      room.until(() => room.watch.size === 0);
    }),
  );
});
