/** Run by node-channel.test.ts with an IPC channel: takes it, and lets Node's own loop run. */

import { NodeChannel } from '../../../src/cli/spawn/node-channel.ts';
import { POLLIN } from '../../../src/host/constants.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';

const TURNS = 20;

const channel = NodeChannel.take()!;
const host = new LinuxHost();
const fds = host.alloc(8);
fds.i32[0] = channel.fd;
fds.i32[1] = POLLIN;
// The message is there before Node could look.
host.poll(fds, 1, -1);
after(TURNS);

/** Looks whether the message is still there, some turns of Node's loop later. */
function after(turns: number): void {
  if (turns > 0) {
    setImmediate(() => after(turns - 1));
    return;
  }
  const unread = host.poll(fds, 1, 0) === 1;
  channel.close();
  console.log(unread ? 'unread' : 'read');
  host.dispose();
}
