import type { Frame } from '../../report/frame.ts';
import type {
  AllOrders,
  BarrierStories,
  Comparison,
  Play,
  PlayProblem,
  Recording,
  Reply,
  Request,
} from '../protocol.ts';

/** A request without its number. */
type Asked = Request extends infer R ? (R extends Request ? Omit<R, 'number'> : never) : never;

interface Waiting {
  readonly done: (reply: Reply) => void;
  readonly failed: (error: Error) => void;
}

/** The run was stopped by the person. */
class Stopped extends Error {
  constructor() {
    super('It was stopped.');
  }
}

/** The engine in its Worker, which can be stopped in the middle of an endless run. */
export class EngineClient {
  readonly #url: string;
  readonly #onBusy: (isBusy: boolean) => void;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | null = null;
  #number = 0;

  /** @param onBusy told when the first request is out, and when the last is answered */
  constructor(script: string, onBusy: (isBusy: boolean) => void = () => {}) {
    this.#url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    this.#onBusy = onBusy;
  }

  async problems(text: string): Promise<readonly PlayProblem[]> {
    const reply = await this.#ask({ kind: 'check', text });
    return reply.kind === 'problems' ? reply.problems : [];
  }

  async run(play: Play): Promise<Recording> {
    const reply = await this.#ask({ kind: 'run', play });
    return take(reply, 'recording').recording;
  }

  async frames(play: Play, from: number, to: number, stride: number): Promise<readonly Frame[]> {
    return take(await this.#ask({ kind: 'frames', play, from, to, stride }), 'frames').frames;
  }

  async compare(play: Play): Promise<Comparison> {
    return take(await this.#ask({ kind: 'compare', play }), 'comparison').comparison;
  }

  async orders(play: Play, mostRuns: number): Promise<AllOrders> {
    return take(await this.#ask({ kind: 'orders', play, mostRuns }), 'orders').found;
  }

  /** @param without '' for the program as shipped */
  async explore(program: string, without: string): Promise<BarrierStories> {
    return take(await this.#ask({ kind: 'explore', program, without }), 'explored').stories;
  }

  /** Ends whatever runs; the next request begins anew. */
  stop(): void {
    this.#end(new Stopped());
  }

  #end(why: Error): void {
    this.#worker?.terminate();
    this.#worker = null;
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#onBusy(false);
    for (const { failed } of all) failed(why);
  }

  #ask(asked: Asked): Promise<Reply> {
    const number = ++this.#number;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    if (this.#waiting.size === 0) this.#onBusy(true);
    return new Promise((done, failed) => {
      this.#waiting.set(number, { done, failed });
      worker.postMessage({ ...asked, number });
    });
  }

  #start(): Worker {
    const worker = new Worker(this.#url);
    worker.onerror = ({ message }) => this.#end(new Error(`the engine does not run: ${message}`));
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const waiting = this.#waiting.get(data.number);
      this.#waiting.delete(data.number);
      if (this.#waiting.size === 0) this.#onBusy(false);
      if (data.kind === 'error') waiting?.failed(new Error(data.message));
      else waiting?.done(data);
    };
    return worker;
  }
}

function take<K extends Reply['kind']>(reply: Reply, kind: K): Extract<Reply, { kind: K }> {
  if (reply.kind !== kind) throw new Error(`the engine answered ${reply.kind}`);
  return reply as Extract<Reply, { kind: K }>;
}
