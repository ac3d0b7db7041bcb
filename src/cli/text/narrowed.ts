import { plainIsatty } from '../exit/plain-io.ts';
import { wordLines } from './style.ts';

/**
 * Breaks the lines of a text that are wider than the terminal on a descriptor at words. Words are not
 * cut.
 */
export function narrowed(text: string, fd: 1 | 2): string {
  const width = terminalWidth(fd);
  const lines = text.split('\n').map((line) => {
    const start = /^ */.exec(line)![0].length;
    const broken = wordLines(line.slice(start), start, start + 2, width);
    return ' '.repeat(start) + broken.join(`\n${' '.repeat(start + 2)}`);
  });
  return lines.join('\n');
}

/** 0 if it is not a terminal. A pipe is not asked: Node would make it non-blocking, also for others. */
function terminalWidth(fd: 1 | 2): number {
  if (!plainIsatty(fd)) return 0;
  return (fd === 1 ? process.stdout : process.stderr).columns ?? 0;
}
