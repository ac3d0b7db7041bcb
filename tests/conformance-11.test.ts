/** The recorded behaviour of QEMU 11, played back on both hosts. */

import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EPERM } from '../src/host/errno.ts';
import { type RunResult, refuse, runScenario } from '../src/scenario/run/run.ts';
import { SimWorld } from '../src/scenario/run/sim-world.ts';
import {
  failuresOf,
  runLinux,
  runSim,
  scenarioDir,
  scenarioFiles,
  scenarioIn,
} from './scenario/files.ts';
import { hasRing } from './support/ring.ts';

const recorded = join(scenarioDir('conformance'), '..', 'conformance-11');
const dir = join(recorded, 'poll');
const files = scenarioFiles(dir);
const older = scenarioDir('conformance');
/** Recorded on 7.2 alone, and not what the rules of QEMU 11 make of it. */
const NOT_RECORDED = [
  'fd_nested_main_loop_wait_behind_high_priority-glib_ctx.yaml',
  // Adaptive polling goes by the polls of handlers in 11, and there is none: 11.1.1 has 0 ns in each check.
  'poll_ns_clamped_shrunk_and_kept.yaml',
];
/** The same with io_uring: the loop is not woken up where a descriptor is added, and no epoll is there. */
const RING_NOT_RECORDED = [
  ...NOT_RECORDED,
  'fd_nested_aio_poll_no_epoll-aio_poll.yaml',
  'fd_nested_main_loop_wait_finds_cleared-main_loop.yaml',
  'fd_then_notify_epoll-main_loop.yaml',
  'glib_set_fd_handler_wakes-glib_ctx.yaml',
  'glib_set_fd_handler_wakes-iohandler.yaml',
  'glib_wakeup_and_aio_poll-main_loop.yaml',
  'glib_wakeup_behind_high_priority.yaml',
  'notify_then_fd_epoll-main_loop.yaml',
];
/** Recorded on 7.2, and the same in QEMU 11 without io_uring. */
const same = scenarioFiles(older).filter(
  (file) => !files.includes(file) && !NOT_RECORDED.includes(file),
);
const ringDir = join(recorded, 'io_uring');
const ringFiles = scenarioFiles(ringDir);
/** Runs of which QEMU 11 does not come back: only the simulated host knows that. */
const hangDir = join(recorded, 'io_uring-hangs');
const hangs = scenarioFiles(hangDir);
/** Recorded on 7.2, and the same in QEMU 11 with io_uring. */
const ringSame = scenarioFiles(older).filter(
  (file) => !ringFiles.includes(file) && !hangs.includes(file) && !RING_NOT_RECORDED.includes(file),
);

it('has all the recorded cases', () => {
  expect(files.length).toBeGreaterThanOrEqual(30);
  expect(same.length).toBeGreaterThanOrEqual(140);
});

describe('on the simulated host', () => {
  it.each(files)('%s', (file) => {
    const result = runSim(scenarioIn(dir, file));
    expect(failuresOf(result)).toEqual([]);
    expect(result.status).toBe(0);
  });

  it('most of them come out otherwise in 7.2', () => {
    const differ = files.filter((file) => {
      const { status } = runSim({ ...scenarioIn(dir, file), qemu: '7.2' });
      return status === 1;
    });
    expect(differ.length).toBeGreaterThanOrEqual(19);
  });

  it.each(same)('%s as in 7.2', (file) => {
    expect(failuresOf(runSim({ ...scenarioIn(older, file), qemu: '11' }))).toEqual([]);
  });
});

describe('with io_uring, on the simulated host', () => {
  it('has all the recorded cases', () => {
    expect(ringFiles.length).toBeGreaterThanOrEqual(38);
    expect(ringSame.length).toBeGreaterThanOrEqual(135);
  });

  it.each(ringFiles)('%s', (file) => {
    const result = runSim(scenarioIn(ringDir, file));
    expect(failuresOf(result)).toEqual([]);
    expect(result.status).toBe(0);
  });

  it.each(ringSame)('%s as in 7.2', (file) => {
    const scenario = { ...scenarioIn(older, file), qemu: '11', fdmon: 'io_uring' } as const;
    expect(failuresOf(runSim(scenario))).toEqual([]);
  });

  it.each(hangs)('%s', (file) => {
    expect(failuresOf(runSim(scenarioIn(hangDir, file)))).toEqual([]);
  });

  it('needs qemu: 11', () => {
    const refused = refuse({ ...scenarioIn(ringDir, ringFiles[0]!), qemu: '7.2' }, 'linux');
    expect(refused).toMatchObject({ status: 2 });
    expect(failuresOf(refused!)).toEqual([
      "refused: fdmon: io_uring needs qemu: 11; 'auto' is what QEMU does without it",
    ]);
  });
});

it('is refused by one line if the kernel forbids io_uring', () => {
  const forbidden = runScenario(scenarioIn(ringDir, ringFiles[0]!), (seed) => {
    const world = new SimWorld(seed);
    world.host.openPollRing = () => -EPERM;
    return world;
  });
  expect(forbidden.status).toBe(2);
  expect(failuresOf(forbidden)).toEqual([
    expect.stringMatching(/^refused: io_uring_setup: leave out fdmon 'io_uring'[^\n]*EPERM/),
  ]);
});

describe.runIf(hasRing())('with io_uring, on the real host', () => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runLinux(ringDir);
  });
  it.each(ringFiles)('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
});

describe('on the real host', () => {
  let results: Map<string, RunResult>;
  beforeAll(async () => {
    results = await runLinux(dir);
  });
  it.each(files)('%s', (file) => {
    expect(failuresOf(results.get(file))).toEqual([]);
  });
});
