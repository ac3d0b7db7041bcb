/** A key: a character by itself, and the others by name. */
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

/** The keys in what a terminal in raw mode sent. Sequences that mean nothing here are dropped. */
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
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is how a sequence begins
    const sequence = /^\x1b(\[[0-9;?]*[@-~]|O[A-Z])/.exec(text.slice(at))?.[1];
    if (sequence === undefined) keys.push('escape');
    else if (SEQUENCES[sequence] !== undefined) keys.push(SEQUENCES[sequence]);
    at += 1 + (sequence?.length ?? 0);
  }
  return keys;
}
