/**
 * The program of a Worker: runs the job that it is sent. A bundle of its own
 * in dist.
 */

import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { Host } from '../host/host.ts';
import { HostGone, unlessGone } from '../host/host-gone.ts';
import { writeDirectly } from '../host/linux/direct-output.ts';
import { onProcessExit } from '../host/process-exit.ts';
import { hostFromTicket } from './host-ticket.ts';
import { runIOThread } from './iothread-run.ts';
import type { Job, JobKind, Reply } from './job.ts';
import { runPlainThread } from './plain-thread-run.ts';
import { runPoolWorker } from './pool-run.ts';
import { RemoteBottomHalf } from './remote-bottom-half.ts';
import { type ErrorRecord, recordOf } from './thread-error.ts';
import { ENDED, RUNNING, ThreadWords } from './thread-words.ts';
import { runVCpu } from './vcpu/vcpu-run.ts';

/** A thread while it runs, as the function of its kind sees it. */
export interface ThreadSelf {
  readonly name: string;
  readonly host: Host;
  /** The next message from the thread that started it; undefined if there is none. */
  receive(): unknown;
  /** Tells the thread that started it, which waits for this, that it runs. */
  tellRunning(value: unknown): void;
  /** Tells it the part of the thread's context that stays when the thread ends. */
  tellLeft(value: unknown): void;
  /**
   * Gives back what the thread has opened: called when it ends, also by an error or process.exit,
   * which is a failure. An error of it comes out when the thread is disposed of.
   */
  onExit: (failed: boolean) => void;
}

type Run = (self: ThreadSelf, options: never) => Promise<void>;

const RUNS: Readonly<Record<JobKind, Run>> = {
  iothread: runIOThread,
  plain: runPlainThread,
  pool: runPoolWorker,
  vcpu: runVCpu,
};

async function runJob(job: Job): Promise<void> {
  const host = await hostFromTicket(job.ticket);
  const words = new ThreadWords(job.words);
  const reply = (message: Reply): void => job.port.postMessage(message);
  const tell = (state: number): void => unlessGone(() => words.tell(host, state));
  const self: ThreadSelf = {
    name: job.name,
    host,
    onExit: () => {},
    receive: () => receiveMessageOnPort(job.port)?.message,
    tellLeft: (value) => reply({ is: 'left', value }),
    tellRunning: (value) => {
      reply({ is: 'running', value });
      tell(RUNNING);
    },
  };
  const end = (failure: ErrorRecord | null): void => {
    if (failure !== null) reply({ is: 'failed', error: failure });
    try {
      self.onExit(failure !== null);
    } catch (error) {
      reply({ is: 'leaked', error: recordOf(error) });
    }
    tell(ENDED);
    if (failure === null || job.failedBh === null) return;
    RemoteBottomHalf.from(job.failedBh, host).schedule();
  };
  const exit = onProcessExit((status) => {
    words.tellExit();
    end({ name: 'Error', message: `process.exit(${status}) ended the thread`, stack: '' });
    host.dispose();
  });
  words.tid = host.gettid();
  let failure: ErrorRecord | null = null;
  try {
    await RUNS[job.kind](self, job.options as never);
  } catch (error) {
    if (!(error instanceof HostGone)) failure = recordOf(error);
  }
  exit.dispose();
  end(failure);
  job.port.close();
  host.dispose();
  if (!job.keeps) parentPort!.close();
}

writeDirectly();
parentPort!.on('message', (job: Job) => void runJob(job));
