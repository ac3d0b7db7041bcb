import { formatDuration } from '../../text/units.ts';
import type { Facts } from '../facts.ts';
import { clock, eventText, inThread, nodeTitle, sliceBegunBy } from './view.ts';

/** Describes a node in a few lines, the first of which is its title. */
export function tooltipLines(model: Facts, node: number): string[] {
  const event = model.events[node];
  if (event === undefined) {
    const child = model.children[node - model.events.length]!;
    const until = child.reap >= 0 ? formatDuration(child.latencyNs) : 'never reaped';
    return [
      nodeTitle(model, node),
      child.command,
      `at ${clock(model, child.deathNs!)}`,
      `zombie: ${until}`,
    ];
  }
  const slice = sliceBegunBy(model, node);
  const length = slice === null ? '' : `, for ${formatDuration(slice.endNs - slice.startNs)}`;
  const when = `at ${clock(model, event.timeNs)}${length}${inThread(model, node)}`;
  const lines = [nodeTitle(model, node), when];
  return [...lines, `${event.name} ${eventText(model, node)}`];
}
