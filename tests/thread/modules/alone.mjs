/** A vCPU that looks whether anybody runs beside one that is alone; it does what `data.what` says. */

const RUNS = 0;
/** How many are in their programs, in sixteens, and how many are alone. */
const INSIDE = 1;
const WRONG = 2;
const SAFE = 3;
const PROGRAM = 16;

function inProgram(words) {
  if (Atomics.add(words, INSIDE, PROGRAM) % PROGRAM !== 0) Atomics.add(words, WRONG, 1);
  for (let i = 0; i < 100; i++) if (words[INSIDE] % PROGRAM !== 0) Atomics.add(words, WRONG, 1);
  Atomics.sub(words, INSIDE, PROGRAM);
}

/** Long enough for another one to come; it has to be told to leave. */
function longInProgram(cpu, words) {
  if (Atomics.add(words, INSIDE, PROGRAM) % PROGRAM !== 0) Atomics.add(words, WRONG, 1);
  for (let i = 0; i < 20_000 && !cpu.exitRequested; i++) {
    if (Atomics.load(words, INSIDE) % PROGRAM !== 0) Atomics.add(words, WRONG, 1);
  }
  Atomics.sub(words, INSIDE, PROGRAM);
}

function alone(words) {
  if (Atomics.add(words, INSIDE, 1) !== 0) Atomics.add(words, WRONG, 1);
  for (let i = 0; i < 100; i++) if (words[INSIDE] !== 1) Atomics.add(words, WRONG, 1);
  Atomics.sub(words, INSIDE, 1);
}

export default function run(cpu) {
  const { words, what } = cpu.data;
  inProgram(words);
  const runs = Atomics.add(words, RUNS, 1) + 1;
  if (what === 'often' && runs % 3 === 0) {
    cpu.startExclusive();
    alone(words);
    cpu.endExclusive();
    longInProgram(cpu, words);
  }
  if (what === 'spins') {
    Atomics.add(words, INSIDE, PROGRAM);
    while (!cpu.exitRequested);
    Atomics.sub(words, INSIDE, PROGRAM);
  }
  if (what === 'ends too early') cpu.endExclusive();
  if (what === 'twice') {
    cpu.startExclusive();
    cpu.startExclusive();
  }
  if (what === 'with the BQL') cpu.withBql(() => cpu.startExclusive());
  if (what === 'throws alone') {
    cpu.startExclusive();
    throw new RangeError('alone');
  }
  if (what === 'exits alone') {
    cpu.startExclusive();
    process.exit(7);
  }
  if (what === 'exits') process.exit(8);
}

export const work = {
  safe(cpu) {
    const { words } = cpu.data;
    alone(words);
    if (cpu.thread.holdsBql) Atomics.add(words, WRONG, 1);
    Atomics.add(words, SAFE, 1);
  },
  nothing() {},
  throws() {
    throw new RangeError('of the work');
  },
};
