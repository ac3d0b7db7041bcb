import { CProgram } from './c-program.ts';
import { cannot, type Row, type Section } from './row.ts';

const COUNT = 200_000;

function row(way: string, name: string): () => Row {
  return () => {
    const program = new CProgram('monitors');
    const { problem } = program;
    // The kernel may not have it, or not allow it; then the row says so.
    const c = problem === null ? () => program.run({ row: way, count: COUNT }) : cannot(problem);
    return { name, c, close: () => program.dispose() };
  };
}

export const monitors: Section = {
  name: 'monitors',
  about: 'an eventfd written and waited for, by plain C: what each way of waiting allows at best',
  rows: [
    row('ppoll', 'ppoll, read'),
    row('level', 'epoll_wait, read'),
    row('edge', 'epoll_wait, edge-triggered: no read'),
    row('ring-oneshot', 'io_uring, one-shot poll armed anew by io_uring_enter, read'),
    row('ring-multishot', 'io_uring, multishot poll, completion taken from memory, read'),
    row('no-wait', 'no wait at all: write, read'),
  ],
};
