/** The characters that mean something in the part of YAML that read-plain.ts reads. */

/** Control characters except the line feed, and the byte order mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
export const ODD = /[\x00-\x09\x0b-\x1f\x7f\ufeff]/;

export const NEWLINE = 10;
export const SPACE = 32;
export const DOUBLE_QUOTE = 34;
export const HASH = 35;
export const QUOTE = 39;
export const COMMA = 44;
export const DASH = 45;
const DOT = 46;
export const COLON = 58;
const LESS = 60;
export const LIST_START = 91;
export const LIST_END = 93;
export const MAP_START = 123;
export const MAP_END = 125;

/** Characters that begin something else than a plain text. */
const INDICATORS = new Set([...' \n?:,[]{}#&*!|>\'"%@`'].map((char) => char.charCodeAt(0)));

export function startsPlain(char: number, next: number): boolean {
  // More is allowed after these, but not for all places.
  if (char === DASH || char === DOT) return isAlphanumeric(next);
  if (char === LESS) return next !== LESS;
  return !Number.isNaN(char) && !INDICATORS.has(char);
}

/** The end of a plain text, without the spaces behind it. */
export function endOfPlain(text: string, start: number, inFlow: boolean): number {
  let end = start;
  for (let i = start; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === SPACE) {
      if (text.charCodeAt(i + 1) === HASH) break;
      continue;
    }
    if (char === NEWLINE || (inFlow && isBracketOrComma(char))) break;
    if (char === COLON && endsKey(text.charCodeAt(i + 1), inFlow)) break;
    end = i + 1;
  }
  return end;
}

function isAlphanumeric(char: number): boolean {
  return (char >= 48 && char <= 57) || (char >= 65 && char <= 90) || (char >= 97 && char <= 122);
}

function isBracketOrComma(char: number): boolean {
  return (
    char === COMMA ||
    char === LIST_START ||
    char === LIST_END ||
    char === MAP_START ||
    char === MAP_END
  );
}

function endsKey(next: number, inFlow: boolean): boolean {
  return (
    next === SPACE || next === NEWLINE || Number.isNaN(next) || (inFlow && isBracketOrComma(next))
  );
}
