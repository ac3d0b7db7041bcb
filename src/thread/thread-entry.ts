/**
 * The program of a Worker: runs the jobs that it is sent, one after the other. A bundle of its own
 * in dist.
 */

import { parentPort } from 'node:worker_threads';
import type { Host } from '../host/host.ts';
import { writeDirectly } from '../host/linux/direct-output.ts';
import { onProcessExit } from '../host/process-exit.ts';
import { hostFromTicket } from './host-ticket.ts';
import { runIOThread } from './iothread-run.ts';
import type { Job, JobKind, Reply } from './job.ts';
import { recordOf } from './thread-error.ts';
import { ENDED, RUNNING, ThreadWords } from './thread-words.ts';

/** A thread while it runs, as the function of its kind sees it. */
export interface ThreadSelf {
  readonly name: string;
  readonly host: Host;
  readonly words: ThreadWords;
  /** Tells the thread that started it, which waits for this, that it runs. */
  tellRunning(value: unknown): void;
  /** Called if process.exit ends the thread. */
  onExit: (() => void) | null;
  /** Tells an error that comes out when it is disposed of. */
  tellLeak(error: unknown): void;
}

/** More waiters than there can be. */
const ALL = 0x7fffffff;

type Run = (self: ThreadSelf, options: never) => Promise<void>;

const RUNS: Readonly<Record<JobKind, Run>> = { iothread: runIOThread };

async function runJob(job: Job): Promise<void> {
  const host = hostFromTicket(job.ticket);
  const words = new ThreadWords(job.words);
  const reply = (message: Reply): void => job.port.postMessage(message);
  const state = (state: number): void => {
    words.state = state;
    host.futexWake(words.array, words.stateIndex, ALL);
  };
  const self: ThreadSelf = {
    name: job.name,
    host,
    words,
    onExit: null,
    tellRunning: (value) => {
      reply({ is: 'running', value });
      state(RUNNING);
    },
    tellLeak: (error) => reply({ is: 'leaked', error: recordOf(error) }),
  };
  const exit = onProcessExit((status) => {
    self.onExit?.();
    const message = `process.exit(${status}) ended the thread`;
    reply({ is: 'failed', error: { name: 'Error', message, stack: '' } });
    state(ENDED);
  });
  words.tid = host.gettid();
  try {
    const run = RUNS[job.kind];
    await run(self, job.options as never);
  } catch (error) {
    reply({ is: 'failed', error: recordOf(error) });
  }
  exit.dispose();
  job.port.close();
  state(ENDED);
  host.dispose();
  if (job.last) parentPort!.close();
}

writeDirectly();
parentPort!.on('message', (job: Job) => void runJob(job));
