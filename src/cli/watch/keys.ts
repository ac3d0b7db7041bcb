/** A key: a character stands for itself, the others have names. */
export type Key = string;

const SEQUENCES: Readonly<Record<string, Key>> = {
  '[A': 'up',
  '[B': 'down',
  '[5~': 'pageup',
  '[6~': 'pagedown',
  '[H': 'home',
  '[F': 'end',
  '[1~': 'home',
  '[4~': 'end',
  OA: 'up',
  OB: 'down',
  OH: 'home',
  OF: 'end',
  '[Z': 'backtab',
};

const CONTROLS: Readonly<Record<string, Key>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x03': 'ctrl-c',
  '\x1a': 'ctrl-z',
  '\x0c': 'ctrl-l',
};

/** Decodes the keys from the input of a terminal in raw mode. Drops unknown sequences. */
export function decodeKeys(text: string): Key[] {
  const keys: Key[] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] !== '\x1b') {
      const char = String.fromCodePoint(text.codePointAt(at)!);
      at += char.length;
      const key = CONTROLS[char] ?? (char >= ' ' ? char : undefined);
      if (key !== undefined) keys.push(key);
      continue;
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a sequence begins with one
    const sequence = /^\x1b(\[[0-9;?]*[@-~]|O[A-Z])/.exec(text.slice(at))?.[1];
    if (sequence === undefined) keys.push('escape');
    else if (SEQUENCES[sequence] !== undefined) keys.push(SEQUENCES[sequence]);
    at += 1 + (sequence?.length ?? 0);
  }
  return keys;
}
