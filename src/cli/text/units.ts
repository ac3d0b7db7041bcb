const NS: Readonly<Record<string, number>> = {
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
  d: 86400e9,
};

/**
 * Nanoseconds of `200ms`, `1.5s`, `10s`, `2m`, `1h`, `7d`; only `0` needs no unit. Returns
 * null for any other text, including a bare number, whose unit would be a guess.
 */
export function parseDuration(text: string): number | null {
  if (/^0+$/.test(text)) return 0;
  const match = /^(\d+(?:\.\d*)?|\.\d+)(us|ms|s|m|h|d)$/.exec(text);
  if (match === null) return null;
  return Math.round(Number(match[1]) * NS[match[2]!]!);
}

/** At most three significant digits: `84 µs`, `1.25 ms`, `10 s`, `2 m 5 s`, `3 d 4 h`. */
export function formatDuration(ns: number): string {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 999_500) return `${short(ns / 1e3)} µs`;
  if (ns < 999_500_000) return `${short(ns / 1e6)} ms`;
  if (ns < 60e9) return `${short(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** `1 state`, `1,234 states`: for numbers that are often large. */
export function countMany(n: number, one: string): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : `${one}s`}`;
}

/** `1 child`, `2 children`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
