/** Files with n of one kind of part, for each kind that the language has. */

const times = (n: number, part: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => part(i)).join('');

type Text = (n: number) => string;

const section =
  (name: string, body: string, rest = ''): Text =>
  (n) =>
    `${rest}${name}:\n${times(n, (i) => `  a${i}: ${body.replaceAll('#', String(i))}\n`)}`;

const listed =
  (head: string, item: string): Text =>
  (n) =>
    `${head}\n${times(n, (i) => `  - ${item.replaceAll('#', String(i))}\n`)}`;

export const MANY_PARTS: Readonly<Record<string, Text>> = {
  bottom_halves: section('bottom_halves', '{do: [{schedule: a#}], do_runs: 1}'),
  fds: section('fds', '{kind: eventfd, watch: read, do: [{kick: a#}]}'),
  'fds on the one before': (n) =>
    `fds:\n  a0: {}\n${times(n, (i) => `  a${i + 1}: {of: a${i}}\n`)}`,
  timers: section('timers', '{clock: virtual, do: [{arm: {a#: 10ms}}]}'),
  notifiers: section('notifiers', '{context: main, do: [{set: a#}]}'),
  children: section('children', '{after: 10ms, exit: 3}'),
  'children that are commands': section('children', '{command: [sleep, "#"], start: true}'),
  coroutines: section('coroutines', '{do: [yield, {log: a}]}'),
  co_queues: listed('co_queues:', 'a#'),
  co_mutexes: listed('co_mutexes:', 'a#'),
  co_rwlocks: listed('co_rwlocks:', 'a#'),
  poll_notifiers: section('poll_notifiers', '{do: [{log: a}]}'),
  sources: section('sources', '{kind: timeout, after: 5ms}'),
  iothreads: section('iothreads', '{poll_max: 0ns}'),
  threads: section('threads', '{do: [{compute: 1us}]}'),
  vcpus: section('vcpus', '{do: [{compute: 1us}], loop: 3}'),
  requests: section('requests', '{work: [{compute: 1ms}], do: [{log: a}]}'),
  words: listed('threads: {t: {}}\nwords:', 'a#'),
  conds: listed('threads: {t: {}}\nconds:', 'a#'),
  'objects of iothreads': (n) =>
    `iothreads:\n${times(n, (i) => `  io${i}: {}\n`)}bottom_halves:\n${times(n, (i) => `  a${i}: {in: io${i}}\n`)}`,
  steps: listed('bottom_halves: {b: {}}\nsteps:', '{schedule: b}'),
  'steps of one word': listed('steps:', 'step'),
  'steps with a signal': listed('signals: {SIGUSR1: {}}\nsteps:', 'sigqueue: {SIGUSR1: #}'),
  'steps that check': listed('timers: {t: {}}\nsteps:', 'check: {pending: {t: false}}'),
  'steps that repeat': listed(
    'bottom_halves: {b: {}}\nsteps:',
    'repeat: {times: 2, do: [{schedule: b}]}',
  ),
  timeline: listed('fds: {e: {}}\ntimeline:', '{at: #us, do: [{kick: e}]}'),
  faults: listed('faults:', '{call: read, error: EINTR}'),
  'expect: order': listed('bottom_halves: {b: {}}\nexpect:\n  order:', 'b'),
  'expect: never': (n) =>
    `bottom_halves: {b: {}}\nthreads:\n${times(n, (i) => `  t${i}: {}\n`)}expect:\n  never:\n${times(n, (i) => `  - "t${i}: b"\n`)}`,
  'expect: before': listed(
    'bottom_halves: {b: {}, c: {}}\nthreads: {t: {}}\nexpect:\n  before:',
    '["main: b", "main: c"]',
  ),
  'expect: children': (n) =>
    `children:\n${times(n, (i) => `  a${i}: {exit: 0}\n`)}expect:\n  children:\n${times(n, (i) => `    a${i}: {exit: 0}\n`)}`,
  'expect: trace': listed('expect:\n  trace:', 'aio_notify'),
};
