import { describe, expect, it } from 'vitest';
import {
  O_NONBLOCK,
  P_ALL,
  POLLIN,
  SIGCHLD,
  SIGKILL,
  WEXITED,
  WNOHANG,
} from '../../src/host/constants.ts';
import { newWaitResult } from '../../src/host/host.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';

/** Children that end by chance, a world that kills some: everything that the loop sees, with times. */
function run(seed: number): string {
  const host = new SimHost({ seed });
  const log: (number | string)[] = [];
  const buf = host.alloc(1024);
  const fds = host.alloc(8);
  const out = newWaitResult();
  host.blockSignals([SIGCHLD]);
  fds.i32.set([host.signalfd(-1, [SIGCHLD], O_NONBLOCK), POLLIN]);
  for (let i = 0; i < 200; i++) {
    const afterNs = Math.floor(host.random() * 100) * 1e6;
    const pid = host.spawn(host.program({ afterNs, then: { exit: i } }));
    if (host.random() < 0.2) host.at(host.nowNs + 50e6, () => host.kill(pid, SIGKILL));
  }
  while (host.children().length > 0) {
    host.poll(fds, 1, -1);
    log.push(host.nowNs, host.read(fds.i32[0]!, buf, 0, 1024), buf.u8.join());
    while (host.waitid(P_ALL, 0, WEXITED | WNOHANG, out) === 0 && out.pid !== 0) {
      log.push(out.pid, out.code, out.status, host.deathNs(out.pid));
    }
  }
  return log.join(' ');
}

describe('a simulated run', () => {
  it('is the same to the byte from the same seed, and another from another', () => {
    const first = run(3);
    expect(first.length).toBeGreaterThan(10_000);
    expect(run(3)).toBe(first);
    expect(run(4)).not.toBe(first);
  });
});
