// Functions for the tests of thread pools. `at` is a buffer of shared words.

const COUNT = 0;
const BEGUN = 1;
const GO = 2;
const NOW = 3;
const MOST = 4;
const FIRST = 8;

/** Appends a number to the words. */
export function note({ host }, at, value) {
  const place = Math.max(0, Atomics.add(at.i32, COUNT, 1));
  Atomics.store(at.i32, FIRST + (place % 32), value);
  host.futexWake(at.i32, COUNT, 1);
  return value;
}

/** Tells that it has begun, and waits for GO. */
export function block({ host }, at) {
  Atomics.store(at.i32, BEGUN, 1);
  host.futexWake(at.i32, BEGUN, 1);
  while (Atomics.load(at.i32, GO) === 0) host.futexWait(at.i32, GO, 0, -1);
  return 1;
}

/** Counts how many run at once. */
export function overlap({ host }, at) {
  const now = Atomics.add(at.i32, NOW, 1) + 1;
  if (now > Atomics.load(at.i32, MOST)) Atomics.store(at.i32, MOST, now);
  host.futexWait(at.i32, 7, 0, 5_000_000);
  Atomics.sub(at.i32, NOW, 1);
  return 0;
}

export function thread({ host }) {
  return host.gettid();
}

export function given({ data }) {
  return data.number;
}

export function fails() {
  throw new RangeError('in a worker');
}

export function exits() {
  process.exit(7);
}

/** Fails with others, when GO comes. */
export function failsToo({ host }, at) {
  Atomics.add(at.i32, NOW, 1);
  while (Atomics.load(at.i32, GO) === 0) host.futexWait(at.i32, GO, 0, 1_000_000);
  throw new RangeError('in a worker');
}

export default async function later() {
  await null;
  return 42;
}
