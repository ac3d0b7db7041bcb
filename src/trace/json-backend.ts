import {
  type ByteWriter,
  checkBackend,
  type TraceBackend,
  type TraceOrigin,
  tidOf,
} from './backend.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { CATALOGUE, EVENT_NAMES, type EventDef, type EventId } from './catalogue.ts';
import { MAIN_THREAD, type TraceThread } from './thread.ts';
import { formatEvent, type TraceSink, type TraceValue } from './tracer.ts';
import { visibleJson } from './visible.ts';

/** Members of a line that are not arguments; no argument may have such a name. */
export const JSON_LINE_MEMBERS = ['level', 'time', 'event', 'ns', 'tid', 'thread', 'msg'] as const;

/** pino's number for its level trace. */
const LEVEL = 10;

const KEYS: readonly (readonly string[])[] = EVENT_NAMES.map((name) => {
  const { args }: EventDef = CATALOGUE[name];
  return args.map(([arg]) => JSON.stringify(arg));
});

function jsonOf(value: TraceValue): string {
  return typeof value === 'string' ? visibleJson(value) : JSON.stringify(value ?? null);
}

/**
 * An event's arguments as the members of a JSON object.
 * @param from the first argument to include
 */
export function jsonArgs(id: EventId, args: readonly TraceValue[], from = 0): string {
  return KEYS[id]!.map((key, i) => `${key}:${jsonOf(args[i])}`)
    .slice(from)
    .join(',');
}

/**
 * Lines as pino writes them: level, time (ms since 1970, with fractions), event, ns (the event's
 * time from the tracer), tid and thread (the thread's id and name, unless it is the main thread),
 * the arguments by name, msg.
 */
export class JsonBackend implements TraceBackend {
  readonly sink: TraceSink;
  readonly #out: ByteBuffer;
  readonly #origin: TraceOrigin;

  /** @throws TypeError */
  constructor(write: ByteWriter, origin: TraceOrigin) {
    checkBackend('JsonBackend', write, origin);
    this.#out = new ByteBuffer(write);
    this.#origin = origin;
    this.sink = this.sinkOf(MAIN_THREAD);
  }

  sinkOf(thread: TraceThread): TraceSink {
    const whose = this.#whose(thread);
    return (id, timeNs, ...args) => {
      const members = jsonArgs(id, args);
      const rest = members === '' ? whose : `${whose},${members}`;
      this.#line(timeNs, EVENT_NAMES[id]!, rest, formatEvent(id, args));
    };
  }

  dropped(count: number, timeNs: number, thread: TraceThread = MAIN_THREAD): void {
    const members = `${this.#whose(thread)},"count":${count}`;
    this.#line(timeNs, 'dropped', members, `${count} events are lost`);
  }

  flush(): void {
    this.#out.flush();
  }

  close(): void {
    this.flush();
  }

  /** The members that tell the thread. */
  #whose(thread: TraceThread): string {
    const tid = tidOf(thread, this.#origin);
    return tid === this.#origin.tid ? '' : `,"tid":${tid},"thread":${visibleJson(thread.name)}`;
  }

  #line(timeNs: number, event: string, members: string, msg: string): void {
    const ms = ((this.#origin.epochUs + timeNs / 1000) / 1000).toFixed(3);
    const head = `{"level":${LEVEL},"time":${ms},"event":"${event}","ns":${timeNs}`;
    this.#out.text(`${head}${members},"msg":${visibleJson(msg)}}\n`);
  }
}
