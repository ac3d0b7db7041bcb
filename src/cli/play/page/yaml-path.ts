import type { PathStep } from './schema.ts';

/** A map or a list in braces or brackets. */
interface Flow {
  readonly isMap: boolean;
  /** The key whose value comes; null before it. */
  key: string | null;
}

/** A key, or an item, of the lines that are indented. */
interface Block {
  readonly indent: number;
  readonly step: PathStep;
}

const ITEM: PathStep = { item: true };
const KEY = /^("[^"]*"|'[^']*'|[^\s:#{}[\],"'][^:#{}[\],]*?):(?=\s|$)\s*/;
/** In braces: a text in quotes, a comment, a key with its colon, a bracket, a comma, other text. */
const TOKEN = /"[^"]*"?|'[^']*'?|#.*|[{}[\],:]|[^\s{}[\],:"'#]+|\s+/g;

/**
 * The path to the place behind a text, which need not be complete: the keys and items around it.
 * A parser would say nothing of a text that breaks off in the middle of a word.
 */
export function pathBehind(text: string): PathStep[] {
  const blocks: Block[] = [];
  const flows: Flow[] = [];
  const lines = text.split('\n');
  lines.forEach((line, i) => {
    const isLast = i === lines.length - 1;
    if (flows.length > 0) scan(line, flows);
    else if (/^\s*(#|$)/.test(line) && !isLast) return;
    else scan(enter(line, blocks), flows);
  });
  return [...blocks.map(({ step }) => step), ...flows.flatMap(stepOf)];
}

function stepOf({ isMap, key }: Flow): PathStep[] {
  if (!isMap) return [ITEM];
  return key === null ? [] : [key];
}

/** Takes the keys and dashes at the start of a line; returns the rest. */
function enter(line: string, blocks: Block[]): string {
  let at = line.length - line.trimStart().length;
  let rest = line.slice(at);
  // All that stands further right has ended; a dash may stand right below its key.
  const isDash = /^-(\s|$)/.test(rest);
  while (blocks.length > 0 && hasEnded(blocks.at(-1)!, at, isDash)) blocks.pop();
  for (;;) {
    const dash = /^-\s+|^-$/.exec(rest);
    const key = dash === null ? KEY.exec(rest) : null;
    const taken = dash?.[0] ?? key?.[0];
    if (taken === undefined) return rest;
    const step = key === null ? ITEM : unquoted(key[1]!);
    blocks.push({ indent: at, step });
    at += taken.length;
    rest = rest.slice(taken.length);
    if (key !== null) return rest;
  }
}

function hasEnded({ indent, step }: Block, at: number, isDash: boolean): boolean {
  return indent > at || (indent === at && !(isDash && typeof step === 'string'));
}

function scan(text: string, flows: Flow[]): void {
  let word = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('#')) return;
    const top = flows.at(-1);
    if (token === '{' || token === '[') flows.push({ isMap: token === '{', key: null });
    else if (token === '}' || token === ']') flows.pop();
    else if (token === ',' && top !== undefined) top.key = null;
    else if (token === ':' && top?.isMap === true && top.key === null) top.key = unquoted(word);
    if (token.trim() !== '') word = token;
  }
}

function unquoted(text: string): string {
  return text.replace(/^["']|["']$/g, '');
}
