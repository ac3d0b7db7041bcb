import { describe, expect, it } from 'vitest';
import { CATALOGUE, EV, EVENT_NAMES, type EventDef } from '../../src/trace/catalogue.ts';
import { traceEventsFile } from '../../src/trace/events-file.ts';
import { JSON_LINE_MEMBERS } from '../../src/trace/json-backend.ts';

/** QEMU 7.2's util/trace-events, for what this program has of it: arguments and formats. */
const QEMU_OWN: Readonly<Record<string, readonly [args: string, format: string]>> = {
  run_poll_handlers_begin: [
    'void *ctx, int64_t max_ns, int64_t timeout',
    '"ctx %p max_ns %"PRId64" timeout %"PRId64',
  ],
  run_poll_handlers_end: [
    'void *ctx, bool progress, int64_t timeout',
    '"ctx %p progress %d new timeout %"PRId64',
  ],
  poll_shrink: ['void *ctx, int64_t old, int64_t new', '"ctx %p old %"PRId64" new %"PRId64'],
  poll_grow: ['void *ctx, int64_t old, int64_t new', '"ctx %p old %"PRId64" new %"PRId64'],
  poll_add: [
    'void *ctx, void *node, int fd, unsigned revents',
    '"ctx %p node %p fd %d revents 0x%x"',
  ],
  poll_remove: ['void *ctx, void *node, int fd', '"ctx %p node %p fd %d"'],
  aio_co_schedule: ['void *ctx, void *co', '"ctx %p co %p"'],
  aio_co_schedule_bh_cb: ['void *ctx, void *co', '"ctx %p co %p"'],
  thread_pool_submit: ['void *pool, void *req, void *opaque', '"pool %p req %p opaque %p"'],
  thread_pool_complete: [
    'void *pool, void *req, void *opaque, int ret',
    '"pool %p req %p opaque %p ret %d"',
  ],
  thread_pool_cancel: ['void *req, void *opaque', '"req %p opaque %p"'],
  reentrant_aio: ['void *ctx, const char *name', '"ctx %p name %s"'],
  qemu_aio_coroutine_enter: [
    'void *ctx, void *from, void *to, void *opaque',
    '"ctx %p from %p to %p opaque %p"',
  ],
  qemu_coroutine_yield: ['void *from, void *to', '"from %p to %p"'],
  qemu_coroutine_terminate: ['void *co', '"self %p"'],
  qemu_co_mutex_lock_uncontended: ['void *mutex, void *self', '"mutex %p self %p"'],
  qemu_co_mutex_lock_entry: ['void *mutex, void *self', '"mutex %p self %p"'],
  qemu_co_mutex_lock_return: ['void *mutex, void *self', '"mutex %p self %p"'],
  qemu_co_mutex_unlock_entry: ['void *mutex, void *self', '"mutex %p self %p"'],
  qemu_co_mutex_unlock_return: ['void *mutex, void *self', '"mutex %p self %p"'],
};

const CONVERSIONS: Readonly<Record<string, readonly string[]>> = {
  ptr: ['%p'],
  object: ['%p'],
  int: ['%d'],
  unsigned: ['%x'],
  bool: ['%d'],
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

  it('ids are indexes of the list, one for each name', () => {
    expect(EVENT_NAMES).toEqual(Object.keys(CATALOGUE));
    expect(EVENT_NAMES.map((name) => EV[name])).toEqual(EVENT_NAMES.map((_, id) => id));
    for (const name of EVENT_NAMES) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  it.each(Object.entries(QEMU_OWN))('%s is as QEMU has it', (name, [args, format]) => {
    // A context, and its pool, are given by its name; QEMU gives their addresses.
    const line = `${name}(${args}) ${format}`.replace(/void \*(ctx|pool)/, 'const char *$1');
    expect(traceEventsFile().split('\n')).toContain(line.replace(/(ctx|pool) %p/, '$1 %s'));
  });

  it('no argument has the name of a member that every JSON line has', () => {
    const names = new Set(entries.flatMap(([, { args }]) => args.map(([arg]) => arg)));
    expect(JSON_LINE_MEMBERS.filter((member) => names.has(member))).toEqual([]);
  });
});

describe('the trace-events file', () => {
  /** QEMU's docs/devel/tracing: an identifier, C arguments of plain types, a format of strings and PRI macros. */
  const ARG = String.raw`(?:void \*|const char \*|int |unsigned |bool |int64_t )[a-z]\w*`;
  const FORMAT = String.raw`"[^"\n]*"(?:PRId64(?:"[^"\n]*")?)*`;
  const LINE = new RegExp(`^[a-z]\\w*\\((?:void|${ARG}(?:, ${ARG})*)\\) ${FORMAT}$`);

  it('has a line for every event, in the syntax that simpletrace.py reads', () => {
    const text = traceEventsFile();
    expect(text.endsWith('\n')).toBe(true);
    const lines = text.split('\n').slice(0, -1);
    const events = lines.filter((line) => !line.startsWith('#'));
    expect(events.map((line) => line.slice(0, line.indexOf('(')))).toEqual(EVENT_NAMES);
    expect(events.filter((line) => !LINE.test(line))).toEqual([]);
  });
});
