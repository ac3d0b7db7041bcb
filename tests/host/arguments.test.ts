import { describe, expect, it } from 'vitest';
import { Clocks } from '../../src/aio/clock.ts';
import { HOST_CALL_NAMES } from '../../src/host/calls.ts';
import type { Host, SpawnRequest } from '../../src/host/host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { takeSpawnRequest } from '../../src/host/spawn-request.ts';
import { MainLoop } from '../../src/mainloop/main-loop.ts';
import { IdleSource } from '../../src/mainloop/source.ts';

describe('the environment of a SpawnRequest', () => {
  const envOf = (env: unknown): readonly string[] | undefined =>
    takeSpawnRequest({ file: '/bin/true', argv: ['true'], env } as SpawnRequest).env;

  it('may be an object, whose undefined values are left out', () => {
    expect(envOf({ A: '1', B: undefined, C: 'x=y' })).toEqual(['A=1', 'C=x=y']);
    expect(envOf({})).toEqual([]);
  });

  it('may be an array of lines, which is copied', () => {
    const lines = ['A=1'];
    expect(envOf(lines)).toEqual(lines);
    expect(envOf(lines)).not.toBe(lines);
    expect(envOf(undefined)).toBe(undefined);
  });

  it.each([5, 'A=1', null, ['A=1', 5]])('is refused: %j', (env) => {
    expect(() => envOf(env)).toThrow(/^spawn: env of \/bin\/true is .* or an object of strings$/);
  });

  it.each([5, null])('names the variable whose value is %j', (A) => {
    const error = `spawn: A in env of /bin/true is ${A}: expected a string`;
    expect(() => envOf({ B: '1', A })).toThrow(error);
  });
});

describe('an option that is not a Host', () => {
  const message = (host: unknown): string => {
    try {
      new MainLoop({ host: host as Host });
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };
  const needs = HOST_CALL_NAMES.length;

  it('is told which calls it lacks', () => {
    expect(message({})).toBe(
      `MainLoop: option 'host' is an object without alloc(), allocShared(), attach() and ${needs - 3} more calls: expected a Host`,
    );
  });

  it('is refused also if only one call is missing', () => {
    const sim = new SimHost();
    const host = Object.create(sim, { fcntl: { value: undefined } }) as Host;
    expect(message(host)).toBe(
      "MainLoop: option 'host' is an object without fcntl(): expected a Host",
    );
    expect(() => new Clocks(host)).toThrow(
      'Clocks: the host is an object without fcntl(): expected a Host',
    );
    sim.dispose();
  });

  it.each([undefined, null, 5])('may be no object: %s', (host) => {
    expect(message(host)).toBe(`MainLoop: option 'host' is ${host}: expected a Host`);
  });
});

it('a callback that is not a function is reported by the constructor, not by its first call', () => {
  expect(() => new IdleSource(5 as unknown as () => boolean)).toThrow(
    'IdleSource: the callback is 5: expected a function',
  );
});
