import { getSystemErrorName } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as errno from '../../src/host/errno.ts';

const { check, errnoMessage, errnoName, HostError } = errno;

describe('errno', () => {
  const numbers = Object.entries<unknown>({ ...errno }).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );

  it('has every number that Linux has', () => {
    // 41 and 58 were never given out.
    const given = Array.from({ length: 133 }, (_, i) => i + 1).filter((n) => n !== 41 && n !== 58);
    expect([...new Set(numbers.map(([, n]) => n))].sort((a, b) => a - b)).toEqual(given);
  });

  it('has the numbers that libuv was built with', () => {
    let compared = 0;
    for (const [name, n] of numbers) {
      const theirs = getSystemErrorName(-n);
      if (theirs.startsWith('Unknown')) continue;
      // The one number for which libuv uses the other name.
      expect(errnoName(n), name).toBe(theirs === 'ENOTSUP' ? 'EOPNOTSUPP' : theirs);
      compared++;
    }
    expect(compared).toBeGreaterThan(60);
  });

  it('names a number and its negative alike', () => {
    expect([errnoName(2), errnoName(-2)]).toEqual(['ENOENT', 'ENOENT']);
    expect([errnoMessage(11), errnoMessage(-11)]).toEqual(
      Array(2).fill('Resource temporarily unavailable'),
    );
  });

  it('stays readable for an unknown number', () => {
    expect([errnoName(-4095), errnoMessage(-4095)]).toEqual(['E4095', 'Unknown error 4095']);
  });

  it('check returns results that are not errors, and throws errors', () => {
    expect(check(0, 'x')).toBe(0);
    expect(check(7, 'x')).toBe(7);
    const thrown = (() => {
      try {
        check(-errno.EMFILE, 'eventfd');
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(thrown).toBeInstanceOf(HostError);
    expect(thrown).toMatchObject({
      name: 'HostError',
      code: 'EMFILE',
      errno: 24,
      syscall: 'eventfd',
      message: 'eventfd: Too many open files (EMFILE)',
    });
  });
});
