/**
 * Records scenarios on the real host and replays them: reads each as a line of JSON from stdin, and
 * prints what differs, or null. A process of its own: it blocks signals.
 */

import { createInterface } from 'node:readline';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { recordRun } from './recorded-run.ts';

createInterface({ input: process.stdin }).on('line', (text) => {
  console.log(JSON.stringify(recordRun(text, new LinuxHost()).problem));
});
