import { POLLIN, POLLOUT } from '../../../src/host/constants.ts';
import { EBADF, ECANCELED, EINVAL } from '../../../src/host/errno.ts';
import type { PollRing } from '../../../src/host/poll-ring.ts';
import type { ContractCase, ContractEnv } from '../contract.ts';

/** Opens a ring, runs body with it, and closes it. A host that has none is left alone. */
function withRing(env: ContractEnv, entries: number, body: (ring: PollRing) => void): void {
  const ring = env.host.openPollRing(entries);
  if (typeof ring === 'number') return;
  try {
    body(ring);
  } finally {
    ring.close();
  }
}

function completions(ring: PollRing): [number, number][] {
  return Array.from({ length: ring.ready }, (_, i) => [ring.data(i), ring.result(i)]);
}

function set(env: ContractEnv, fd: number): void {
  const one = env.host.alloc(8);
  one.i32[0] = 1;
  env.equal(env.host.write(fd, one, 0, 8), 8, 'write');
}

export const pollRing: ContractCase[] = [
  {
    name: 'poll ring: completions come in the order in which files become ready, and stay',
    run: (env) => {
      withRing(env, 8, (ring) => {
        const [a, b] = [env.host.eventfd(0, 0), env.host.eventfd(0, 0)];
        ring.add(a, POLLIN, 1);
        ring.add(b, POLLIN, 2);
        env.equal(ring.queued, 2, 'queued');
        env.equal(ring.submit(), 0, 'submit');
        env.equal([ring.queued, ring.ready], [0, 0], 'nothing is ready');
        env.equal(env.poll1(ring.fd, POLLIN), 0, 'the ring is not readable');
        set(env, b);
        set(env, a);
        env.equal(env.poll1(ring.fd, POLLIN), POLLIN, 'it is readable');
        env.good(env.host.read(b, env.host.alloc(8), 0, 8), 'drained before it is looked at');
        env.equal(
          completions(ring),
          [
            [2, POLLIN],
            [1, POLLIN],
          ],
          'completions',
        );
        ring.seen(2);
        env.equal(env.poll1(ring.fd, POLLIN), 0, 'all were seen');
        for (const fd of [a, b]) env.host.close(fd);
      });
    },
  },
  {
    name: 'poll ring: a request whose file is ready completes when it is submitted, once',
    run: (env) => {
      withRing(env, 8, (ring) => {
        const fd = env.host.eventfd(1, 0);
        ring.add(fd, POLLIN | POLLOUT, 7);
        ring.add(fd, POLLOUT, 8);
        env.equal(ring.ready, 0, 'not before');
        ring.submit();
        env.equal(
          completions(ring),
          [
            [7, POLLIN | POLLOUT],
            [8, POLLOUT],
          ],
          'at once',
        );
        ring.seen(2);
        set(env, fd);
        env.equal(ring.ready, 0, 'one-shot');
        env.host.close(fd);
      });
    },
  },
  {
    name: 'poll ring: a removed request is cancelled; a closed file is kept, a closed fd is an error',
    run: (env) => {
      withRing(env, 8, (ring) => {
        const fd = env.host.eventfd(0, 0);
        ring.add(fd, POLLIN, 3);
        ring.submit();
        env.host.close(fd);
        env.equal(ring.ready, 0, 'the request keeps the file');
        ring.remove(3);
        ring.submit();
        const byData = completions(ring).sort(([x], [y]) => x - y);
        env.equal(
          byData,
          [
            [0, 0],
            [3, -ECANCELED],
          ],
          'cancelled',
        );
        ring.seen(2);
        ring.add(fd, POLLIN, 4);
        ring.submit();
        env.equal(completions(ring), [[4, -EBADF]], 'closed');
      });
    },
  },
  {
    name: 'poll ring: completions that find no room come with a later submit',
    run: (env) => {
      withRing(env, 2, (ring) => {
        const fd = env.host.eventfd(1, 0);
        for (let i = 1; i <= 6; i++) ring.add(fd, POLLIN, i);
        ring.submit();
        env.equal(
          completions(ring).map(([data]) => data),
          [1, 2, 3, 4],
          'twice the entries',
        );
        ring.seen(4);
        ring.submit();
        env.equal(
          completions(ring).map(([data]) => data),
          [5, 6],
          'the rest',
        );
        env.host.close(fd);
      });
    },
  },
  {
    name: 'poll ring: has at least one entry',
    run: (env) => {
      const ring = env.host.openPollRing(0);
      if (ring !== -EINVAL) env.equal(typeof ring, 'number', 'no ring');
    },
  },
];
