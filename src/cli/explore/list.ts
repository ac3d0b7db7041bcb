import type { BuiltIn } from '../../explore/built-in.ts';
import { BOLD, paint, type Style, wrap } from '../text/style.ts';

const INDENT = 4;

/** The programs and their weakenings, for people. */
export function listText(programs: readonly BuiltIn[], style: Style): string {
  const lines = programs.map(({ name, about, weakenings }) => {
    const head = `${paint(style, BOLD, name)}\n  ${wrap(about, 2, 2, style.width)}\n`;
    const rest = weakenings.map((one) => {
      const text = `--without ${one.name}  (${one.model}) ${one.about}`;
      return `${' '.repeat(INDENT)}${wrap(text, INDENT, INDENT + 2, style.width)}\n`;
    });
    return head + rest.join('');
  });
  return `${lines.join('\n')}\nRun one: qemu-loop explore PROGRAM [--without WEAKENING]\n`;
}

/** The same as JSON, one line. */
export function listJson(programs: readonly BuiltIn[]): string {
  const list = programs.map(({ name, about, weakenings }) => ({
    name,
    about,
    weakenings: weakenings.map((one) => ({ name: one.name, about: one.about, model: one.model })),
  }));
  return `${JSON.stringify(list)}\n`;
}
