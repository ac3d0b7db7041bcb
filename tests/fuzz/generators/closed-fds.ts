/** Opens, watches, closes and polls descriptors in any order: no wait fails, and none is left. */

import fc from 'fast-check';
import { AioContext } from '../../../src/aio/aio-context.ts';
import { EventNotifier } from '../../../src/aio/event-notifier.ts';
import { FDMON_CHOICES } from '../../../src/aio/fdmon/fdmon.ts';
import { F_DUPFD_CLOEXEC, O_CLOEXEC, O_NONBLOCK } from '../../../src/host/constants.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { SimHost } from '../../../src/host/sim/threads/worker-sim-host.ts';
import { MainLoop } from '../../../src/mainloop/main-loop.ts';
import { openFds } from '../../support/leaks.ts';
import type { Generator } from '../generators.ts';

const OPS = [
  'open', // an eventfd, that is ready or not
  'twin', // a duplicate of one
  'watch',
  'unwatch',
  'notifier', // an event notifier, watched by its edges
  'set',
  'dispose', // one that may be watched
  'close', // one that may be watched
  'wait',
] as const;

interface Step {
  readonly op: (typeof OPS)[number];
  readonly at: number;
}

interface Input {
  readonly host: 'sim' | 'linux';
  readonly fdmon: (typeof FDMON_CHOICES)[number];
  readonly drive: 'aio_poll' | 'main_loop';
  readonly steps: readonly Step[];
}

function play({ host: kind, fdmon, drive, steps }: Input): void {
  const host = kind === 'sim' ? new SimHost() : new LinuxHost();
  const before = openFds(host).join(' ');
  const loop = drive === 'main_loop' ? new MainLoop({ host, fdmon }) : null;
  const contexts =
    loop === null ? [new AioContext({ host, fdmon })] : [loop.context, loop.iohandler];
  const fds: number[] = [];
  const notifiers: EventNotifier[] = [];
  const do_: Record<Step['op'], (at: number) => void> = {
    open: (at) => void fds.push(host.eventfd(at % 2, O_CLOEXEC | O_NONBLOCK)),
    twin: (at) => {
      if (fds.length > 0) fds.push(host.fcntl(fds[at % fds.length]!, F_DUPFD_CLOEXEC, 0));
    },
    watch: (at) => {
      const fd = fds[at % fds.length];
      if (fd !== undefined) contexts[at % contexts.length]!.setFdHandler(fd, { ioRead: () => {} });
    },
    unwatch: (at) => {
      const fd = fds[at % fds.length];
      if (fd !== undefined) contexts[at % contexts.length]!.setFdHandler(fd, null);
    },
    notifier: (at) => {
      const made = new EventNotifier(host);
      notifiers.push(made);
      contexts[at % contexts.length]!.setEventNotifier(made, {
        ioRead: (n) => void (at % 3 === 0 && n.testAndClear()),
      });
    },
    set: (at) => void notifiers[at % notifiers.length]?.set(),
    dispose: (at) => notifiers[at % notifiers.length]?.dispose(),
    close: (at) => {
      if (fds.length > 0) host.close(fds.splice(at % fds.length, 1)[0]!);
    },
    wait: () => {
      if (loop === null) contexts[0]!.poll(false);
      else loop.mainLoopWait(true);
    },
  };
  try {
    for (const { op, at } of steps) do_[op](at);
    do_.wait(0);
    do_.wait(0);
  } finally {
    for (const one of loop === null ? contexts : [loop]) one.close();
    for (const notifier of notifiers) notifier.dispose();
    for (const fd of fds) host.close(fd);
  }
  const after = openFds(host).join(' ');
  host.dispose();
  if (after !== before) throw new Error(`open before: ${before}; after: ${after}`);
}

export default {
  about: 'descriptors closed while they are watched: no wait fails, and none is left',
  inputs: fc.record({
    host: fc.constantFrom('sim', 'linux'),
    fdmon: fc.constantFrom(...FDMON_CHOICES.filter((choice) => choice !== 'io_uring')),
    drive: fc.constantFrom('aio_poll', 'main_loop'),
    steps: fc.array(fc.record({ op: fc.constantFrom(...OPS), at: fc.nat(12) }), { maxLength: 30 }),
  }),
  check: play,
} satisfies Generator<Input>;
