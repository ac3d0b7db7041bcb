/** Run alone by hostile.test.ts: a host's view of its threads and children. */

import { P_PID, SIGKILL, SIGUSR2, WEXITED } from '../../src/host/constants.ts';
import { newWaitResult } from '../../src/host/host.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';

const host = new LinuxHost();
const pid = host.spawn({ file: 'sleep', argv: ['sleep', '1000'] });
const token = host.blockSignals([SIGUSR2]);
const restored = typeof token === 'number' ? null : host.restoreSignalMask(token);
console.log(
  JSON.stringify({
    block: typeof token === 'number' ? token : 'blocked',
    restored,
    children: host.children().map((child) => (child === pid ? 'ours' : child)),
  }),
);
host.kill(pid, SIGKILL);
host.waitid(P_PID, pid, WEXITED, newWaitResult());
