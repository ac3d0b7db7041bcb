import { errnoNumber } from './errors.ts';
import type { FaultDef, Scenario, WithoutDef } from './model.ts';
import { get, itemsOf, mentionOf, numberOf, textOf } from './read.ts';
import type { Node } from './source.ts';

/** The faults of a file, by their kind. */
export function faultsOf(root: Node): Pick<Scenario, 'faults' | 'without'> {
  const nodes = itemsOf(get(root, 'faults'));
  const isOfCall = (node: Node): boolean => get(node, 'without') === undefined;
  return {
    faults: nodes.filter(isOfCall).map(faultOf),
    without: nodes.filter((node) => !isOfCall(node)).map(withoutOf),
  };
}

function faultOf(node: Node): FaultDef {
  const on = get(node, 'on');
  const error = get(node, 'error');
  const short = get(node, 'short');
  return {
    at: node.at,
    call: textOf(get(node, 'call')) as FaultDef['call'],
    on: on === undefined ? null : mentionOf(on),
    error: error === undefined ? null : { ...mentionOf(error), errno: errnoNumber(textOf(error)) },
    short: short === undefined ? null : numberOf(short, 0),
    times: numberOf(get(node, 'times'), 1),
    after: numberOf(get(node, 'after'), 0),
  };
}

function withoutOf(node: Node): WithoutDef {
  const without = textOf(get(node, 'without')) as WithoutDef['without'];
  return { at: node.at, without, in: mentionOf(get(node, 'in')!) };
}
