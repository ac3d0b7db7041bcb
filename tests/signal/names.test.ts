import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeName, signalName, signalNames, signalNumber } from '../../src/signal/names.ts';

describe('names of signals', () => {
  it.each(Object.entries(constants.signals))("%s is %i, as Node's table says", (name, number) => {
    expect(signalNumber(name)).toBe(number);
  });

  it('every number has one name, which leads back to it', () => {
    const numbers = fc.oneof(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 34, max: 64 }));
    fc.assert(
      fc.property(numbers, (signo) => {
        const name = signalName(signo);
        expect(name).toMatch(/^SIG[A-Z0-9]+(\+\d+)?$/);
        expect(signalNumber(name)).toBe(signo);
        expect(signalNumber(name.slice(3).toLowerCase())).toBe(signo);
        expect(signalNumber(String(signo))).toBe(signo);
      }),
    );
  });

  it('counts real-time signals from both ends', () => {
    expect(signalNumber('RTMAX-2')).toBe(62);
    expect(signalNumber('sigrtmin+30')).toBe(64);
    expect(signalName(37)).toBe('SIGRTMIN+3');
  });

  it.each([
    '',
    'SIG',
    'SIGNOPE',
    '0',
    '65',
    '-1',
    'RTMIN+31',
    'RTMAX+1',
    'RTMIN-1',
    '1.5',
    'SIGRTMIN+',
  ])('knows no %j', (text) => {
    expect(signalNumber(text)).toBe(0);
  });

  it('lists all names it knows', () => {
    for (const name of signalNames()) expect(signalName(signalNumber(name))).toBe(name);
    expect(signalNames()).toHaveLength(33);
  });

  it('has no name for a number that is not a signal', () => {
    expect(signalName(99)).toBe('signal 99');
    expect(signalName(32)).toBe('signal 32');
  });
});

describe('names of codes', () => {
  it.each([
    [17, 1, 'CLD_EXITED'],
    [17, 6, 'CLD_CONTINUED'],
    [11, 1, 'SEGV_MAPERR'],
    [7, 2, 'BUS_ADRERR'],
    [29, 1, 'POLL_IN'],
    [10, 0, 'SI_USER'],
    [10, -1, 'SI_QUEUE'],
    [10, -6, 'SI_TKILL'],
    [17, 128, 'SI_KERNEL'],
    [10, 7, 'code 7'],
    [17, 7, 'code 7'],
  ])('signal %i, code %i: %s', (signo, code, name) => {
    expect(codeName(signo, code)).toBe(name);
  });
});
