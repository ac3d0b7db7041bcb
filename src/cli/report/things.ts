import { CATALOGUE, type EventDef, type EventName } from '../../trace/catalogue.ts';

/** Something that can be clicked, and that events mention. */
export interface Thing {
  readonly kind: 'fd' | 'bottom half' | 'timer' | 'child' | 'signal' | 'event';
  /** The value of the argument: a number, or a name. */
  readonly key: number | string;
  readonly label: string;
}

const BH_EVENTS = /bh/;
const TIMER_EVENTS = /^timer_/;

/** The value of an argument of an event, by its place and its name. */
export type ValueOf = (place: number, arg: string) => unknown;

/** Whether an event is about a thing. */
export function mentions(name: EventName, value: ValueOf, { kind, key }: Thing): boolean {
  if (kind === 'event') return name === key;
  const { args }: EventDef = CATALOGUE[name];
  return args.some(([arg], place) => {
    const of = value(place, arg);
    if (kind === 'fd') {
      const isReady = arg === 'ready' && String(of).split(' ').includes(String(key));
      return isReady || (arg === 'fd' && of === key);
    }
    if (kind === 'child') return arg === 'pid' && of === key;
    if (kind === 'signal') return arg === 'signo' && of === key;
    return arg === 'name' && of === key && kindOfName(name) === kind;
  });
}

/** The things that an event is about. */
export function thingsOf(name: EventName, value: ValueOf): Thing[] {
  const { args }: EventDef = CATALOGUE[name];
  const things = args.flatMap(([arg], place): Thing[] => {
    const key = value(place, arg) as number | string;
    const kind = arg === 'name' ? kindOfName(name) : KINDS[arg];
    if (kind === undefined) return [];
    return [{ kind, key, label: `${kind === 'child' ? 'pid' : kind} ${key}` }];
  });
  return [...things, { kind: 'event', key: name, label: name }];
}

/** The kinds of arguments that are numbers of things. */
const KINDS: Readonly<Record<string, Thing['kind']>> = { fd: 'fd', pid: 'child', signo: 'signal' };

function kindOfName(name: EventName): Thing['kind'] | undefined {
  if (TIMER_EVENTS.test(name)) return 'timer';
  return BH_EVENTS.test(name) ? 'bottom half' : undefined;
}
