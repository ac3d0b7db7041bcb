import type { FoundOrder, OrderSearch } from '../../scenario/orders/order-search.ts';
import type { RunResult } from '../../scenario/run/run.ts';
import { visible } from '../../trace/visible.ts';
import { ASKED_ONCE, outcomeOf } from '../run/outcome.ts';
import { failureLines } from '../run/reporters/failure-text.ts';
import { BOLD, cut, DIM, GREEN, paint, RED, type Style, wordLines } from '../text/style.ts';
import { count } from '../text/units.ts';

/** A search that has ended, or was interrupted. */
export interface Explored {
  readonly search: OrderSearch;
  /** The most that were asked for. */
  readonly preemptions: number;
  readonly isInterrupted: boolean;
}

/** More are in the JSON. */
const MOST_LISTED = 10;
const MARK_WIDTH = 4;

/** The result for people: the verdict, the orders, and the first that breaks what is expected. */
export function ordersText(explored: Explored, style: Style): string {
  const { search } = explored;
  const { scenario, orders } = search;
  const lines = [
    `${paint(style, BOLD, visible(scenario.name))}  ${visible(scenario.file)}`,
    ...verdictLines(explored, style),
    '',
    ...listLines(orders, style),
  ];
  const broken = orders.find(({ result }) => result.status !== 0);
  if (broken !== undefined) lines.push('', ...brokenLines(broken, style));
  return `${lines.join('\n')}\n`;
}

function verdictLines({ search, preemptions, isInterrupted }: Explored, style: Style): string[] {
  const { orders, runs, scenario } = search;
  const broken = orders.filter(({ result }) => result.status !== 0).length;
  const isWhole = !search.isCut && !isInterrupted;
  const all = `${count(orders.length, 'order')} in ${count(runs, 'run')}`;
  const verdict =
    scenario.expect === null && broken === 0
      ? 'the file expects nothing'
      : broken === 0
        ? paint(style, GREEN, orders.length === 1 ? 'it holds' : 'all hold')
        : paint(style, RED, `${broken} ${broken === 1 ? 'breaks' : 'break'} what the file expects`);
  const isLong = style.width > 0 && all.length + verdict.length + 2 > style.width;
  const lines = isLong ? [`${all}:`, `  ${verdict}`] : [`${all}: ${verdict}`];
  if (isInterrupted) lines.push('interrupted: there may be more orders');
  else if (search.isCut) lines.push('cut off, there may be more orders: see --runs');
  if (search.preemptionsLeftOut > 0 && isWhole) {
    lines.push(
      ...wordLines(
        `with at most ${count(preemptions, 'preemption')}; ${search.preemptionsLeftOut} more were possible (see --preemptions)`,
        0,
        2,
        style.width,
      ),
    );
  }
  return lines;
}

function listLines(orders: readonly FoundOrder[], style: Style): string[] {
  const shown = orders.slice(0, MOST_LISTED);
  const width = Math.max(4, ...shown.map(({ runs }) => String(runs).length));
  const lines = shown.map(({ schedule, runs, result }) => {
    const isGood = result.status === 0;
    const mark = isGood ? paint(style, GREEN, 'ok  ') : paint(style, RED, 'FAIL');
    const room = style.width === 0 ? 0 : style.width - MARK_WIDTH - width - 4;
    const shownText = orderText(result, orders[0]!.result, room);
    const which = `${' '.repeat(MARK_WIDTH + width + 4)}--schedule ${schedule}`;
    return `${mark}  ${String(runs).padStart(width)}  ${shownText}\n${paint(style, DIM, which)}`;
  });
  const head = `${' '.repeat(MARK_WIDTH)}  ${'runs'.padStart(width)}  order`;
  lines.unshift(paint(style, DIM, head));
  const more = orders.length - shown.length;
  return more === 0 ? lines : [...lines, `${count(more, 'more order')}: see --json`];
}

/** An order in a line. One that does not fit begins where it differs from the first. */
function orderText({ order }: RunResult, first: RunResult, room: number): string {
  const texts = order.map(({ text }) => visible(text));
  const line = texts.length === 0 ? '(no entries)' : texts.join(', ');
  if (room <= 0 || line.length <= room) return line;
  const same = order.findIndex(({ text }, i) => text !== first.order[i]?.text);
  return cut(same > 0 ? `… ${texts.slice(same).join(', ')}` : line, room);
}

/** The first broken order has the fewest preemptions, and the fewest ways other than 0. */
function brokenLines({ schedule, result }: FoundOrder, style: Style): string[] {
  const asked = { ...ASKED_ONCE, host: 'sim', options: ` --schedule ${schedule}` } as const;
  return ['the simplest that breaks it:', ...failureLines(outcomeOf([result], asked, 0), style)];
}

/** All orders, as JSON, one line. */
export function ordersJson({ search, preemptions, isInterrupted }: Explored): string {
  const { scenario, runs, isCut, preemptionsLeftOut } = search;
  const orders = search.orders.map((one) => ({
    schedule: one.schedule,
    preemptions: one.preemptions,
    runs: one.runs,
    status: one.result.status,
    order: one.result.order.map(({ text }) => text),
    failures: one.result.failures.map(({ message }) => message),
    abort: one.result.abort,
  }));
  const { file, name } = scenario;
  const whole = { file, name, runs, isCut, isInterrupted, preemptions, preemptionsLeftOut };
  return `${JSON.stringify({ ...whole, orders })}\n`;
}
