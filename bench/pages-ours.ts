/**
 * `pages-ours WORK`: does a hundred iterations of the work for each byte that comes on standard input, and
 * then writes one. In between it sleeps in a system call.
 */
import { LinuxHost, O_CLOEXEC, O_NONBLOCK } from '../src/index.ts';
import { WORK } from './iteration-work.ts';

const WARM_UP = 200_000;
const ITERATIONS = 100;

const host = new LinuxHost();
const byte = host.alloc(8);
const nothing = (): void => {};
const [name] = process.argv.slice(2);
const work = name === 'nothing' ? nothing : WORK[name!]!(host);

function iterate(count: number): void {
  for (let i = 0; i < count; i++) work();
}

/** The call that ends each sleep, and the one before it. */
function warmUp(): void {
  const fd = host.eventfd(0, O_CLOEXEC | O_NONBLOCK);
  byte.i32[0] = 1;
  for (let i = 0; i < WARM_UP; i++) {
    host.write(fd, byte, 0, 8);
    host.read(fd, byte, 0, 8);
  }
}

function serve(): void {
  while (host.read(0, byte, 0, 1) === 1) {
    iterate(ITERATIONS);
    host.write(1, byte, 0, 1);
  }
}

warmUp();
iterate(WARM_UP);
// V8 compiles in the background meanwhile.
await new Promise((resolve) => setTimeout(resolve, 100));
iterate(WARM_UP);
host.write(1, byte, 0, 1);
serve();
process.exit();
