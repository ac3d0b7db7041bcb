/** Waits for the reader of a pipe sleep between their looks. */

import { closeSync, constants, openSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { withReaders, writeNamedFile } from '../../../src/cli/output/named-output.ts';
import { TraceOutput } from '../../../src/cli/trace/trace-output.ts';
import type { HostBuffer } from '../../../src/host/host.ts';
import { HostLens } from '../../../src/host/lenses/lens.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { Tracer } from '../../../src/trace/tracer.ts';
import { fifo } from '../../support/fifo.ts';

/** The look before which somebody opens the pipe to read. */
const OPENED = 3;
const SLEEP_NS = 20e6;
const GRACE_NS = 60e9;

/** A host whose sleeps take no time, and are noted. */
class Sleeps extends HostLens {
  readonly ns: number[] = [];
  readonly path = fifo();

  constructor(host: LinuxHost) {
    super(host);
    onTestFinished(() => host.dispose());
  }

  override poll(fds: HostBuffer, nfds: number, timeoutNs: number): number {
    if (timeoutNs === 0) return super.poll(fds, nfds, 0);
    this.ns.push(timeoutNs);
    if (this.ns.length === OPENED) {
      const fd = openSync(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
      onTestFinished(() => closeSync(fd));
    }
    // A wait that spins ends here.
    if (this.ns.length > OPENED) throw new Error('a look too many');
    return 0;
  }
}

test.each<readonly [string, (host: Sleeps) => void]>([
  [
    'a page',
    (host) => writeNamedFile(host, { what: 'the page', path: host.path }, 'text', GRACE_NS),
  ],
  [
    'a trace that is opened',
    (host) => withReaders(host, [{ what: 'it', path: host.path }], () => {}),
  ],
  [
    'a trace that ends',
    (host) => {
      const files = [{ path: host.path, format: 'chrome' }] as const;
      const origin = { pid: 1, tid: 1, epochUs: 0 };
      const options = { files, events: [], ring: undefined };
      const output = new TraceOutput(new Tracer(), options, origin, host);
      output.finishAlone(host, GRACE_NS);
    },
  ],
])('%s', (_, act) => {
  const host = new Sleeps(new LinuxHost());
  act(host);
  expect(host.ns).toEqual(Array(OPENED).fill(SLEEP_NS));
});
