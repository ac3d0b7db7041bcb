/** Takes its parent's channel, lets Node's loop run, and tells whether a message is still in it. */

import { NodeChannel } from '../../../src/cli/spawn/node-channel.ts';
import { POLLIN } from '../../../src/host/constants.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';

const host = new LinuxHost();
const { fd } = NodeChannel.take(host)!;
const pollfd = host.alloc(8);
const has = (timeoutMs: number): boolean => {
  pollfd.i32[0] = fd;
  pollfd.i32[1] = POLLIN;
  return host.poll(pollfd, 1, timeoutMs) > 0;
};
/** Lets Node's loop go round that often. */
function turn(times: number, then: () => void): void {
  if (times === 0) then();
  else setImmediate(() => turn(times - 1, then));
}

has(-1);
turn(10, () => {
  console.log(has(0) ? 'it is there' : 'it was read');
  process.exit();
});
