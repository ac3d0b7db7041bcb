import type { ByteBuffer } from './byte-buffer.ts';

/** Flow phases: the start of an arrow, a point on its way, its end. */
export type FlowPhase = 's' | 't' | 'f';

const NS_PER_US = 1000;

/**
 * Writes the records of a Trace Event JSON file: an array of objects, one a line. The array may
 * lack its end, so a truncated file can still be opened.
 */
export class ChromeWriter {
  readonly #out: ByteBuffer;
  readonly #pid: number;
  #first = true;

  constructor(out: ByteBuffer, pid: number) {
    this.#out = out;
    this.#pid = pid;
  }

  begin(tid: number, timeNs: number, category: string, name: string, args = ''): void {
    const rest = args === '' ? '' : `,"args":{${args}}`;
    this.#record('B', tid, timeNs, `,"cat":"${category}","name":${JSON.stringify(name)}${rest}`);
  }

  /** @param name the name at the beginning, which some readers look for */
  end(tid: number, timeNs: number, name: string, args = ''): void {
    const rest = args === '' ? '' : `,"args":{${args}}`;
    this.#record('E', tid, timeNs, `,"name":${JSON.stringify(name)}${rest}`);
  }

  instant(tid: number, timeNs: number, name: string, args = ''): void {
    const rest = args === '' ? '' : `,"args":{${args}}`;
    this.#record('i', tid, timeNs, `,"s":"t","cat":"event","name":${JSON.stringify(name)}${rest}`);
  }

  /** A point of an arrow. It belongs to the slice of the track that is open at that time. */
  flow(phase: FlowPhase, tid: number, timeNs: number, id: number, name: string): void {
    const enclosing = phase === 'f' ? ',"bp":"e"' : '';
    this.#record(phase, tid, timeNs, `,"cat":"flow","name":"${name}","id":${id}${enclosing}`);
  }

  counter(timeNs: number, name: string, value: number): void {
    this.#record('C', 0, timeNs, `,"name":"${name}","args":{"value":${value}}`);
  }

  /** Names a track and sets its place among the others. */
  track(tid: number, name: string, order: number): void {
    this.#record('M', tid, 0, `,"name":"thread_name","args":{"name":${JSON.stringify(name)}}`);
    this.#record('M', tid, 0, `,"name":"thread_sort_index","args":{"sort_index":${order}}`);
  }

  process(name: string): void {
    this.#record('M', 0, 0, `,"name":"process_name","args":{"name":${JSON.stringify(name)}}`);
  }

  close(): void {
    this.#out.text(this.#first ? '[]\n' : '\n]\n');
  }

  /** Times in the file are in µs. */
  #record(phase: string, tid: number, timeNs: number, rest: string): void {
    const us = Math.floor(timeNs / NS_PER_US);
    const ns = String(timeNs % NS_PER_US).padStart(3, '0');
    const head = `{"ph":"${phase}","pid":${this.#pid},"tid":${tid},"ts":${us}.${ns}`;
    this.#out.text(`${this.#first ? '[\n' : ',\n'}${head}${rest}}`);
    this.#first = false;
  }
}
