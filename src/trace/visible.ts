/**
 * What steers a terminal, ends a line, or turns the order of what is read: C0 and C1, the two
 * Unicode line ends, and the bidirectional controls.
 */
const C0 = '\\u0000-\\u001f';
const OTHERS = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069';
const STEERING = new RegExp(`[${C0}${OTHERS}]`, 'g');
/** JSON.stringify leaves these alone. Without g, so that a test keeps no state. */
const LEFT_BY_JSON = new RegExp(`[${OTHERS}]`);

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text that others wrote (of a file, an argument, a name), as part of one line that a terminal
 * shows and does not obey: `\x1b`, `\n`, `\u202e`. All that is printed of it goes through here.
 * What went through before stays as it is.
 */
export function visible(text: string): string {
  return text.replace(STEERING, (char) => {
    const code = char.charCodeAt(0);
    return SHORT[char] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/** JSON of a value, in ASCII where a character would steer a terminal. It is read as the same. */
export function visibleJson(value: unknown): string {
  return asciiControls(JSON.stringify(value));
}

/** Lines of JSON in which such characters are escaped as JSON has it. */
export function asciiControls(json: string): string {
  if (!LEFT_BY_JSON.test(json)) return json;
  return json.replace(STEERING, (char) =>
    char === '\n' ? char : `\\u${hex(char.charCodeAt(0), 4)}`,
  );
}

/** Colours, and the start of a line that is written anew: what our own lines are made of. */
const OWN = '\\u001b\\[[\\d;]*m|\\r?\\u001b\\[K|[\\n\\t]';
const PARTS = new RegExp(`(${OWN})|${STEERING.source}`, 'g');

/** Lines of ours, colours and all, in which nothing else steers a terminal: the last guard. */
export function guarded(lines: string): string {
  return lines.replace(PARTS, (part, own?: string) => own ?? visible(part));
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
