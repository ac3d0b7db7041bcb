import { type Document, isMap, visit, type YAMLParseError } from 'yaml';

/** A mistake in the YAML, in words, and the offset that it is about. */
export interface Mistake {
  readonly offset: number;
  readonly message: string;
  /** Whether all that follows was read as part of it: the errors in it say nothing. */
  readonly isLast: boolean;
}

/** Those of the library's messages that tell what its parser missed, not what the person did. */
const WORDS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY:
    "a key stands within a value here: a value with ': ' in it needs quotes, and the keys of a map begin in the same column",
  MULTILINE_IMPLICIT_KEY: "expected a key with ': ' behind it, on one line",
};
const NO_SPACE = "expected a key with ': ' behind it; the space counts";

/** An error of the library as the person has made it. */
export function mistakeOf(doc: Document.Parsed, error: YAMLParseError, text: string): Mistake {
  const [end] = error.pos;
  const opened = error.code === 'BAD_INDENT' ? openBracketAt(doc, end, error.message, text) : null;
  if (opened !== null) {
    const message = `the ${text[opened]} that opens here is not closed`;
    return { offset: opened, message, isLast: true };
  }
  const quote = error.code === 'MISSING_CHAR' ? openQuoteAt(doc, end) : null;
  if (quote !== null) {
    return { offset: quote, message: 'the quote that opens here is not closed', isLast: true };
  }
  const isKey = error.code === 'MISSING_CHAR' && error.message.startsWith('Implicit map key');
  const message = isKey ? NO_SPACE : (WORDS[error.code] ?? error.message);
  return { offset: end, message, isLast: false };
}

/** The bracket of the list or map that runs up to there without its closing one; null if none does. */
function openBracketAt(
  doc: Document.Parsed,
  end: number,
  said: string,
  text: string,
): number | null {
  const closer = said.startsWith('Flow map') ? '}' : ']';
  if (!said.endsWith(closer)) return null;
  let outermost: number | null = null;
  let innermost: number | null = null;
  visit(doc, {
    Collection: (_key, node) => {
      const { flow, range } = node;
      if (flow !== true || range?.[1] !== end || isMap(node) !== (closer === '}')) return;
      outermost ??= range[0];
      if (text[end - 1] !== closer) innermost = range[0];
    },
  });
  return innermost ?? outermost;
}

/** Where the quotation begins that runs to the end without a closing quote; null if none does. */
function openQuoteAt(doc: Document.Parsed, end: number): number | null {
  let start: number | null = null;
  visit(doc, {
    Scalar: (_key, { type, range }) => {
      if (type !== 'QUOTE_DOUBLE' && type !== 'QUOTE_SINGLE') return;
      if (range?.[1] === end) start = range[0];
    },
  });
  return start;
}
