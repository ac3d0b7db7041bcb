import { POLLIN, POLLOUT } from '../../../host/constants.ts';
import { BH_IDLE, BH_SCHEDULED } from '../../../trace/bh-flags.ts';
import type { ContextFrame, FdFrame, Frame, ThreadFrame } from '../frame.ts';
import type { Thing } from '../things.ts';
import { button, el } from './dom.ts';
import { svg } from './svg.ts';
import { timerAxis } from './timer-axis.ts';
import { wheel } from './wheel.ts';

/** The frame, and the rest that the drawing shows. */
export interface Drawn {
  readonly frame: Frame;
  /** The frame before, to mark what has changed; null for none. */
  readonly before: Frame | null;
  readonly phase: string;
  readonly iteration: number;
  readonly drive: 'main_loop' | 'aio_poll';
  /** The things that the event is about. */
  readonly things: readonly Thing[];
  readonly pick: (thing: Thing) => void;
  /** The effect of picking, for screen readers; by default its story. */
  readonly picking?: string;
}

/** The machine, drawn: the kernel, and each thread with its loop. */
export function machine(drawn: Drawn): HTMLElement[] {
  return [kernel(drawn), ...drawn.frame.threads.map((thread, i) => lane(drawn, thread, i))];
}

function differs(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function part(title: string, changed: boolean, ...content: (Node | string)[]): HTMLElement {
  return el('div', { class: changed ? 'part changed' : 'part' }, el('h4', {}, title), ...content);
}

function thingButton(
  { things, pick, picking = 'its story' }: Drawn,
  thing: Thing,
  text: string,
): HTMLElement {
  const isLit = things.some(({ kind, key }) => kind === thing.kind && key === thing.key);
  return button(text, () => pick(thing), {
    class: isLit ? 'thing lit' : 'thing',
    label: `${text}: ${picking}`,
  });
}

function kernel(drawn: Drawn): HTMLElement {
  const { frame, before } = drawn;
  const processes = frame.processes.map(({ pid, name, state }) =>
    el(
      'li',
      { class: state },
      thingButton(drawn, { kind: 'child', key: pid, label: `child ${name}, pid ${pid}` }, name),
      ` ${pid} ${state}`,
    ),
  );
  return el(
    'section',
    { class: 'kernel' },
    el('h3', {}, 'kernel'),
    part(
      'processes',
      before !== null && differs(frame.processes, before.processes),
      processes.length === 0 ? 'no child' : el('ul', {}, ...processes),
    ),
    ...(frame.pending === null ? [] : [pendingPart(frame.pending, before?.pending)]),
    part(
      'waits by',
      before !== null && frame.mechanism !== before.mechanism,
      frame.mechanism === 'epoll' ? 'epoll_wait' : 'ppoll',
    ),
  );
}

function pendingPart(
  pending: readonly string[],
  before: readonly string[] | null | undefined,
): HTMLElement {
  const lamps = pending.map((name) => el('span', { class: 'lamp on' }, name));
  const changed = before !== undefined && differs(pending, before);
  return part('signals pending', changed, ...(lamps.length === 0 ? ['none'] : lamps));
}

function lane(drawn: Drawn, thread: ThreadFrame, index: number): HTMLElement {
  const before = drawn.before?.threads[index];
  const isMain = index === 0;
  return el(
    'section',
    { class: 'lane' },
    el('h3', {}, `thread ${thread.name}`),
    ...(isMain ? [wheel(drawn.phase, drawn.iteration, drawn.drive)] : []),
    el(
      'div',
      { class: 'contexts' },
      ...thread.contexts.map((ctx, i) => context(drawn, ctx, before?.contexts[i])),
    ),
    part(
      'timers',
      before !== undefined &&
        differs(
          thread.timers.map(({ name }) => name),
          before.timers.map(({ name }) => name),
        ),
      timerAxis(thread.timers, (timer, text) =>
        thingButton(drawn, { kind: 'timer', key: timer, label: `timer ${timer}` }, text),
      ),
    ),
  );
}

function context(drawn: Drawn, ctx: ContextFrame, before: ContextFrame | undefined): HTMLElement {
  const known = before !== undefined;
  return el(
    'div',
    { class: 'context' },
    el('h4', {}, ctx.name),
    el(
      'p',
      { class: 'lamps' },
      ...(ctx.notifyMe === null
        ? []
        : [lamp('notify_me', String(ctx.notifyMe), ctx.notifyMe !== 0)]),
      ...(ctx.notified === null ? [] : [lamp('notified', ctx.notified ? '1' : '0', ctx.notified)]),
      ...(ctx.kept === null ? [] : [lamp('kept', ctx.kept ? 'yes' : 'no', ctx.kept)]),
    ),
    part(
      'bh_list',
      known && (differs(ctx.list, before.list) || differs(ctx.slices, before.slices)),
      ...ctx.slices.map((slice) => chain(drawn, 'taken', slice, ctx)),
      chain(drawn, 'head', ctx.list, ctx),
    ),
    part(
      'handlers',
      known && differs(ctx.fds, before.fds),
      ctx.fds.length === 0
        ? 'none'
        : el('ul', {}, ...ctx.fds.map((fd) => el('li', {}, ...handler(drawn, fd)))),
    ),
  );
}

function lamp(name: string, value: string, on: boolean): HTMLElement {
  return el('span', { class: on ? 'lamp on' : 'lamp' }, `${name} ${value}`);
}

/** A list as it is linked: the head, an arrow to each, and the end. */
function chain(
  drawn: Drawn,
  title: string,
  names: readonly string[],
  ctx: ContextFrame,
): HTMLElement {
  const parts: (Node | string)[] = [el('b', {}, title)];
  for (const name of names) {
    const flags = ctx.halves.find((half) => half.name === name)?.flags ?? BH_SCHEDULED;
    const state =
      (flags & BH_IDLE) !== 0 ? ' idle' : (flags & BH_SCHEDULED) === 0 ? ' not scheduled' : '';
    const thing: Thing = { kind: 'bottom half', key: name, label: `bottom half ${name}` };
    parts.push(arrow(), thingButton(drawn, thing, `${name}${state}`));
  }
  parts.push(arrow(), el('i', { class: 'faint' }, 'end'));
  return el('p', { class: 'chain' }, ...parts);
}

function handler(drawn: Drawn, fd: FdFrame): (Node | string)[] {
  const wants = [
    ...((fd.events & POLLIN) !== 0 ? ['POLLIN'] : []),
    ...((fd.events & POLLOUT) !== 0 ? ['POLLOUT'] : []),
  ].join(' ');
  const holds = (fd.ready & fd.events) !== 0;
  const amount = fd.amount === 0 ? '' : ` holds ${fd.amount}`;
  return [
    thingButton(
      drawn,
      { kind: 'fd', key: fd.fd, label: `fd ${fd.fd}, ${fd.name}` },
      `${fd.fd} ${fd.name}`,
    ),
    ` ${wants || 'no event'}${amount} `,
    el('span', { class: holds ? 'lamp on' : 'lamp' }, holds ? 'ready' : 'not ready'),
  ];
}

/** Drawn, since not every font has one. */
function arrow(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 22 10', class: 'arrow', role: 'img', 'aria-label': 'then' },
    svg('path', { d: 'M 2 5 H 19 M 15 1 L 20 5 L 15 9' }),
  );
}
