import type { ContractCase } from '../contract.ts';
import { clocks } from './clocks.ts';
import { epoll } from './epoll.ts';
import { errors } from './errors.ts';
import { eventfd } from './eventfd.ts';
import { files } from './files.ts';
import { futex } from './futex.ts';
import { nodeWait } from './node-wait.ts';
import { pidfd } from './pidfd.ts';
import { pipes } from './pipes.ts';
import { poll } from './poll.ts';
import { pollRing } from './poll-ring.ts';
import { sigaction } from './sigaction.ts';
import { signalPipe } from './signal-pipe.ts';
import { signalfd } from './signalfd.ts';
import { signals } from './signals.ts';
import { sockets } from './sockets.ts';
import { tcpSockets } from './sockets-tcp.ts';
import { unixSockets } from './sockets-unix.ts';
import { spawn } from './spawn.ts';
import { stats } from './stat.ts';
import { subreaper } from './subreaper.ts';
import { waitid } from './waitid.ts';

/** All cases, in the order in which they run. Names are unique. */
export const cases: readonly ContractCase[] = [
  ...clocks,
  ...poll,
  ...epoll,
  ...files,
  ...stats,
  ...futex,
  ...nodeWait,
  ...eventfd,
  ...pipes,
  ...sockets,
  ...unixSockets,
  ...tcpSockets,
  ...signals,
  ...signalfd,
  ...sigaction,
  ...pollRing,
  ...signalPipe,
  ...spawn,
  ...waitid,
  ...pidfd,
  ...subreaper,
  ...errors,
];
