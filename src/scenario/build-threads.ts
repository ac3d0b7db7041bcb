import { actionsOf, bodyOf } from './build-actions.ts';
import type {
  IothreadDef,
  MainLoopParams,
  RequestDef,
  SharedDef,
  ThreadDef,
  VcpuDef,
} from './model-threads.ts';
import type { Mention, Place } from './problem.ts';
import { boolOf, get, itemsOf, mentionOf, nsOf, numberOf, placeOf, textOf } from './read.ts';
import type { Node } from './source.ts';
import type { Section } from './vocabulary.ts';

const SECTIONS = ['iothreads', 'threads', 'vcpus', 'requests'] as const;
type ThreadSection = (typeof SECTIONS)[number];

/** Whether a file has several threads; a section for them may be empty. */
export function isThreaded(root: Node): boolean {
  return SECTIONS.some((section) => get(root, section) !== undefined);
}

export function isThreadSection(section: Section): section is ThreadSection {
  return (SECTIONS as readonly string[]).includes(section);
}

export function isListSection(section: Section): section is SharedDef['section'] {
  return section === 'words' || section === 'conds';
}

export function sharedOf(section: SharedDef['section'], node: Node): SharedDef[] {
  return itemsOf(node).map((item) => ({ section, ...mentionOf(item) }));
}

export function threadObjectOf(
  section: ThreadSection,
  name: Mention,
  node: Node,
): IothreadDef | ThreadDef | VcpuDef | RequestDef {
  switch (section) {
    case 'iothreads':
      return {
        section,
        ...name,
        pollMaxNs: nsOf(get(node, 'poll_max')) ?? QEMU_POLL_MAX_NS,
        pollGrow: numberOf(get(node, 'poll_grow'), 0),
        pollShrink: numberOf(get(node, 'poll_shrink'), 0),
        ...paramsOf(node),
      };
    case 'threads': {
      const start = boolOf(get(node, 'start'), true);
      return { section, ...name, do: actionsOf(get(node, 'do')), start };
    }
    case 'vcpus':
      return { section, ...name, do: actionsOf(get(node, 'do')), loop: loopOf(get(node, 'loop')) };
    case 'requests':
      return {
        section,
        ...name,
        ...bodyOf(node),
        context: textOf(get(node, 'in'), 'main'),
        work: actionsOf(get(node, 'work')),
        returns: numberOf(get(node, 'returns'), 0),
        quiet: boolOf(get(node, 'quiet'), false),
      };
  }
}

/** QEMU's default, ns. */
const QEMU_POLL_MAX_NS = 32_768;
/** QEMU's default. */
const QEMU_POOL_MAX = 64;

/** The main context's, with their place. */
export function mainLoopOf(root: Node): MainLoopParams & { readonly at: Place } {
  const node = get(root, 'main_loop');
  return { at: placeOf(node ?? root), ...paramsOf(node) };
}

function paramsOf(node: Node | undefined): MainLoopParams {
  return {
    aioMaxBatch: numberOf(get(node, 'aio_max_batch'), 0),
    threadPoolMin: numberOf(get(node, 'thread_pool_min'), 0),
    threadPoolMax: numberOf(get(node, 'thread_pool_max'), QEMU_POOL_MAX),
  };
}

function loopOf(node: Node | undefined): number {
  return textOf(node) === 'forever' ? Number.POSITIVE_INFINITY : numberOf(node, 1);
}
