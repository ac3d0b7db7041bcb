/** The program of the threads of threads-child.ts. */
export default function run({ host, data: { what, words } }) {
  if (what === 'die') {
    queueMicrotask(() => {
      throw new Error('nobody catches it');
    });
    return new Promise(() => {});
  }
  if (what === 'differ') host.getppid();
  for (let i = 0; i < 250; i++) {
    // No atomic operation: only the turns keep the threads apart.
    words[8 + words[2]] = host.gettid() % 1000;
    words[2]++;
    if (i % 50 === 0) host.futexWait(words, 4, 0, 1e5);
  }
}
