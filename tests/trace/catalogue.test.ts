import { describe, expect, it } from 'vitest';
import { CATALOGUE, EV, EVENT_NAMES, type EventDef } from '../../src/trace/catalogue.ts';

/** QEMU 7.2's util/trace-events, section aio-posix.c: names, arguments and formats. */
const QEMU_OWN: Readonly<Record<string, readonly [args: string, format: string]>> = {
  run_poll_handlers_begin: ['ctx max_ns timeout', 'ctx %p max_ns %ld timeout %ld'],
  run_poll_handlers_end: ['ctx progress timeout', 'ctx %p progress %d new timeout %ld'],
  poll_shrink: ['ctx old new', 'ctx %p old %ld new %ld'],
  poll_grow: ['ctx old new', 'ctx %p old %ld new %ld'],
  poll_add: ['ctx node fd revents', 'ctx %p node %p fd %d revents 0x%x'],
  poll_remove: ['ctx node fd', 'ctx %p node %p fd %d'],
};

const CONVERSIONS: Readonly<Record<string, readonly string[]>> = {
  ptr: ['%p'],
  int: ['%d', '%x'],
  int64: ['%ld'],
  str: ['%s'],
};

const entries = Object.entries<EventDef>(CATALOGUE);

describe('the catalogue of trace events', () => {
  it.each(entries)('%s: one conversion for each argument, of its type', (_name, event) => {
    const conversions = event.format.match(/%(ld|[a-z])/g) ?? [];
    expect(conversions).toHaveLength(event.args.length);
    event.args.forEach(([arg, type], i) => {
      expect(CONVERSIONS[type], `${arg}: ${conversions[i]}`).toContain(conversions[i]);
    });
  });

  it.each(entries)('%s: arguments have names of their own, and there is help', (_name, event) => {
    const names = event.args.map(([arg]) => arg);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(event.help).not.toBe('');
    // A sink takes no more.
    expect(names.length).toBeLessThanOrEqual(8);
  });

  it('ids are places in the list, one for each name', () => {
    expect(EVENT_NAMES).toEqual(Object.keys(CATALOGUE));
    expect(EVENT_NAMES.map((name) => EV[name])).toEqual(EVENT_NAMES.map((_, id) => id));
    for (const name of EVENT_NAMES) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  it.each(Object.entries(QEMU_OWN))('%s is as QEMU has it', (name, [args, format]) => {
    const event: EventDef | undefined = Object.fromEntries(entries)[name];
    expect(event?.args.map(([arg]) => arg).join(' ')).toBe(args);
    expect(event?.format).toBe(format);
  });
});
