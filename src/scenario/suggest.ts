import { signalName, signalNames, signalNumber } from '../signal/names.ts';
import type { MapNode, Node } from './source.ts';
import { DURATION } from './values.ts';

/** Guesses what a person meant by something that is not near any valid word. */

/** Other words for actions: QEMU's functions, and synonyms. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  aio_poll: 'poll',
  aio_notify: 'notify',
  aio_bh_schedule_oneshot: 'oneshot',
  aio_co_schedule: 'co_schedule',
  aio_co_wake: 'wake',
  aio_context_set_poll_params: 'poll_params',
  aio_disable_external: 'disable_external',
  aio_enable_external: 'enable_external',
  aio_set_fd_handler: 'watch',
  qemu_set_fd_handler: 'watch',
  event_notifier_set: 'set',
  event_notifier_test_and_clear: 'test_and_clear',
  g_source_attach: 'attach',
  qemu_bh_schedule: 'schedule',
  qemu_bh_schedule_idle: 'schedule_idle',
  qemu_bh_cancel: 'cancel',
  qemu_bh_delete: 'delete',
  qemu_coroutine_enter: 'enter',
  qemu_coroutine_yield: 'yield',
  qemu_co_sleep_ns: 'sleep',
  qemu_co_queue_wait: 'wait',
  qemu_co_queue_next: 'next',
  qemu_co_mutex_lock: 'lock',
  qemu_co_mutex_unlock: 'unlock',
  qemu_main_loop: 'run',
  qemu_notify_event: 'notify_event',
  timer_mod: 'arm',
  timer_del: 'disarm',
  write: 'kick',
  start: 'spawn',
  fork: 'spawn',
  exec: 'spawn',
  print: 'log',
  delay: 'run',
  mlw: 'step',
  send: 'raise',
  signal: 'raise',
  exit: 'quit',
  loop: 'repeat',
  assert: 'check',
  aio_context_acquire: 'acquire',
  aio_context_release: 'release',
  AIO_WAIT_WHILE: 'wait_while',
  aio_wait_kick: 'kick',
  aio_wait_bh_oneshot: 'wait_oneshot',
  aio_co_reschedule_self: 'reschedule',
  iothread_stop: 'stop',
  qemu_mutex_lock_iothread: 'lock',
  qemu_mutex_unlock_iothread: 'unlock',
  qemu_cpu_kick: 'kick',
  thread_pool_submit: 'submit_only',
  thread_pool_submit_aio: 'submit',
  thread_pool_submit_co: 'submit_co',
  bdrv_aio_cancel_async: 'cancel',
};

/** Other words for keys of objects and of the file. */
const OTHER_KEYS: Readonly<Record<string, string>> = {
  at: 'timeline',
  events: 'timeline',
  clock: 'elapsed',
  time: 'elapsed',
  log: 'order',
  callback: 'do',
  handler: 'do',
  actions: 'do',
  on_read: 'do',
  read: 'do',
  cmd: 'command',
  run: 'command',
  status: 'exit',
  delay: 'after',
};

/** The action that such a word stands for. */
export function meantAction(word: string): string | undefined {
  return Object.hasOwn(OTHER_WORDS, word) ? OTHER_WORDS[word] : undefined;
}

/** The key, one of these words, that such a word stands for. */
export function meantKey(word: string, words: readonly string[]): string | undefined {
  const key = Object.hasOwn(OTHER_KEYS, word) ? OTHER_KEYS[word]! : '';
  return words.includes(key) ? key : undefined;
}

/** The signal that a number or a name without SIG stands for. */
export function meantSignal(text: string): string | undefined {
  if (/^\d{1,2}$/.test(text)) {
    const name = signalName(Number(text));
    return signalNumber(name) === Number(text) ? name : undefined;
  }
  const name = `SIG${text.toUpperCase()}`;
  return signalNames().includes(name) ? name : undefined;
}

/** A correct replacement for a node; undefined if none is known. */
export function meant(node: Node, what: string): string | undefined {
  for (const [wanted, suggest] of INSTEAD) if (what.includes(wanted)) return suggest(node);
  for (const [wanted, suggest] of EXACTLY) if (what === wanted) return suggest(node);
  return undefined;
}

/** Replacements, by what was expected. */
const INSTEAD: readonly (readonly [string, (node: Node) => string | undefined])[] = [
  ['a child: a map', (node) => endOf(node, '{after: ') ?? commandOf(node)],
  ['one of running, stopped', (node) => endOf(node, null)],
  ['run: a map', (node) => limitOf(node)],
  ['repeat: a map', (node) => numbered(node, '{times: ', ', do: […]}')],
  ['expect: a map', (node) => listed(node, '{order: ', '}') ?? word(node, '{order: [', ']}')],
  ['a timer: a map', (node) => timed(node, '{}, and the action {arm: {t: ', '}}')],
  [
    'an fd: a map',
    (node) => oneOf(node, ['eventfd', 'socketpair', 'pipe_read', 'pipe_write', 'file']),
  ],
  [
    'a bottom half: a map',
    (node) => listed(node, '{do: ', '}') ?? word(node, '{do: [{schedule: ', '}]}'),
  ],
  ['a coroutine: a map', (node) => listed(node, '{do: ', '}')],
  ['a thread: a map', (node) => listed(node, '{do: ', '}')],
  ['a source: a map', (node) => oneOf(node, ['idle', 'timeout'])],
];

/** The same for what was expected as a whole, and not with a hint of its own. */
const EXACTLY: typeof INSTEAD = [
  ['a list of actions', (node) => actionOf(node)],
  ['a list of entries', (node) => word(node, '[', ']')],
  ['a name', (node) => firstOf(node)],
];

/** An action in place of a list, perhaps with its argument beside it. */
function actionOf(node: Node): string | undefined {
  if (node.kind === 'map' && node.entries.length === 1) {
    const [{ key, value }] = node.entries as [MapNode['entries'][number]];
    return `[{${key.text}: ${value.kind === 'scalar' ? value.text : '…'}}]`;
  }
  const words = node.kind === 'scalar' ? node.text.split(' ') : [];
  if (words.length > 2 || !/^\w+$/.test(words[0] ?? '')) return undefined;
  return words.length === 1 ? `[${words[0]}]` : `[{${words[0]}: ${words[1]}}]`;
}

function firstOf(node: Node): string | undefined {
  const first = node.kind === 'list' ? node.items[0] : undefined;
  if (first?.kind !== 'scalar') return undefined;
  return `${first.text}, and an action of its own for each other one`;
}

function commandOf(node: Node): string | undefined {
  const fits = node.kind === 'scalar' && /[ /]/.test(node.text) && node.text.length <= 40;
  return fits ? `{command: ${JSON.stringify(node.text)}}` : undefined;
}

/** A word, and not a number. */
function word(node: Node, before: string, after: string): string | undefined {
  const fits = node.kind === 'scalar' && /^[a-z_]\w*$/i.test(node.text);
  return fits ? `${before}${node.text}${after}` : undefined;
}

function endOf(node: Node, after: string | null): string | undefined {
  if (node.kind !== 'scalar') return undefined;
  const { text } = node;
  if (/^\d{1,3}$/.test(text) && Number(text) < 256) return `{exit: ${Number(text)}}`;
  if (after !== null && DURATION.test(text)) return `${after}${text}}`;
  const signal = signalNumber(text) > 0 && /^SIG/.test(text) ? text : meantSignal(text);
  return signal === undefined ? undefined : `{signal: ${signal}}`;
}

function limitOf(node: Node): string | undefined {
  return timed(node, '{run: {for: ', '}}') ?? numbered(node, '{run: {iterations: ', '}}');
}

function timed(node: Node, before: string, after: string): string | undefined {
  const fits = node.kind === 'scalar' && DURATION.test(node.text);
  return fits ? `${before}${node.text}${after}` : undefined;
}

function numbered(node: Node, before: string, after: string): string | undefined {
  const fits = node.kind === 'scalar' && /^[1-9]\d{0,5}$/.test(node.text);
  return fits ? `${before}${node.text}${after}` : undefined;
}

/** A list of words, as written. */
function listed(node: Node, before: string, after: string): string | undefined {
  if (node.kind !== 'list') return undefined;
  const words = node.items.map((item) => (item.kind === 'scalar' ? item.text : ''));
  const text = words.join(', ');
  if (words.includes('') || text.length > 40) return `${before}[…]${after}`;
  return `${before}[${text}]${after}`;
}

function oneOf(node: Node, kinds: readonly string[]): string | undefined {
  return node.kind === 'scalar' && kinds.includes(node.text) ? `{kind: ${node.text}}` : undefined;
}
