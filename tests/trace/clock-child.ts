/** Run alone by clock.test.ts, since there Node has not loaded performance.now yet. */

import { CLOCK_MONOTONIC } from '../../src/host/constants.ts';
import { traceClock } from '../../src/host/linux/fast-clock.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';

const host = new LinuxHost();
const clock = traceClock(host);
host.clockNs(CLOCK_MONOTONIC);
clock();
const readings = Array.from({ length: 5 }, () => [
  host.clockNs(CLOCK_MONOTONIC),
  clock(),
  host.clockNs(CLOCK_MONOTONIC),
]);
console.log(JSON.stringify(readings));
