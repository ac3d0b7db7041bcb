/**
 * Characters that control a terminal, end a line, or reverse the reading order: C0 and C1, the two
 * Unicode line ends, and the bidirectional controls.
 */
const C0 = '\\u0000-\\u001f';
const OTHERS = '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069';
const STEERING = new RegExp(`[${C0}${OTHERS}]`, 'g');
/** Those that JSON.stringify does not escape. Without g, so that a test keeps no state. */
const LEFT_BY_JSON = new RegExp(`[${OTHERS}]`);

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes text from outside (a file, an argument, a name) safe to show in one line: the terminal
 * shows the characters instead of obeying them, as `\x1b`, `\n`, `\u202e`. All such text goes
 * through here before it is printed. Calling it twice changes nothing.
 */
export function visible(text: string): string {
  return text.replace(STEERING, (char) => {
    const code = char.charCodeAt(0);
    return SHORT[char] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/**
 * JSON of a value, with characters that would control a terminal escaped as ASCII. It parses to the
 * same value.
 */
export function visibleJson(value: unknown): string {
  return asciiControls(JSON.stringify(value));
}

/** Escapes such characters in lines of JSON, as JSON allows. */
export function asciiControls(json: string): string {
  if (!LEFT_BY_JSON.test(json)) return json;
  return json.replace(STEERING, (char) =>
    char === '\n' ? char : `\\u${hex(char.charCodeAt(0), 4)}`,
  );
}

/** The sequences that our own lines use: colours, and restarting a line. */
const OWN = '\\u001b\\[[\\d;]*m|\\r?\\u001b\\[K|[\\n\\t]';
const PARTS = new RegExp(`(${OWN})|${STEERING.source}`, 'g');

/**
 * The last guard: lets our own colours and line ends through, and escapes everything else that
 * would control a terminal.
 */
export function guarded(lines: string): string {
  return lines.replace(PARTS, (part, own?: string) => own ?? visible(part));
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
