// A log that threads share: each line in a place of its own, in the order in which they came.

const LINE = 128;

/** A thread of a test: says lines under its name. */
export function sayer({ log }, name, host) {
  return (text) => {
    const line = new TextEncoder().encode(`${name}: ${text}`);
    const at = Atomics.add(log.next, 0, 1);
    log.lines.set(line, at * LINE + 1);
    Atomics.store(log.lines, at * LINE, line.length);
    Atomics.add(log.count, 0, 1);
    host.futexWake(log.count, 0, 0x7fffffff);
  };
}
