/** The program of a Crew's Workers. */

import { parentPort } from 'node:worker_threads';
import { SimThreadEnded } from '../../../src/host/sim/threads/line.ts';
import { SimThreadHost } from '../../../src/host/sim/threads/thread-host.ts';
import { parts } from './parts.ts';
import { type PartJob, SharedLog } from './shared.ts';

parentPort!.on('message', ({ part, ticket, log, words, fds }: PartJob) => {
  try {
    const host = new SimThreadHost(ticket);
    try {
      parts[part]!(host, { log: new SharedLog(log), words, fds });
    } finally {
      host.dispose();
    }
  } catch (error) {
    if (!(error instanceof SimThreadEnded))
      parentPort!.postMessage({ error: (error as Error).stack });
  }
});
