/** The editor of the scenario: CodeMirror with the checks, words and explanations of scenario files. */

import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, linter, lintGutter, lintKeymap } from '@codemirror/lint';
import { EditorState, Transaction } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  hoverTooltip,
  keymap,
  lineNumbers,
  type Tooltip,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { el } from '../../report/page/dom.ts';
import type { PlayProblem } from '../protocol.ts';
import type { SchemaGuide } from './schema.ts';
import { pathBehind } from './yaml-path.ts';

/** The time without a key after which the text is checked. */
const DELAY_MS = 250;

const COLORS = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--link)' },
  { tag: [tags.string, tags.content, tags.attributeValue], color: 'var(--text)' },
  { tag: tags.comment, color: 'var(--faint)', fontStyle: 'italic' },
  {
    tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace],
    color: 'var(--faint)',
  },
]);

export interface EditorParts {
  readonly guide: SchemaGuide;
  readonly check: (text: string) => Promise<readonly PlayProblem[]>;
  /** The person has changed the text, and it has no problem. */
  readonly changed: (text: string) => void;
  /** The person has changed the text, and it has these problems: at least one. */
  readonly wrong: (problems: readonly PlayProblem[]) => void;
}

export class Editor {
  readonly element = el('div', { class: 'editor' });
  readonly #view: EditorView;
  readonly #parts: EditorParts;
  /** The text that was last run or set; '' if one with a problem came after it. */
  #known = '';

  constructor(parts: EditorParts) {
    this.#parts = parts;
    this.#view = new EditorView({
      parent: this.element,
      state: EditorState.create({ extensions: this.#extensions() }),
    });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  /** Sets the text, as another file. */
  set(text: string): void {
    this.#known = text;
    this.#view.dispatch({
      changes: { from: 0, to: this.#view.state.doc.length, insert: text },
      annotations: Transaction.addToHistory.of(false),
      selection: { anchor: 0 },
      scrollIntoView: true,
    });
  }

  #extensions() {
    const { guide } = this.#parts;
    return [
      lineNumbers(),
      history(),
      drawSelection(),
      highlightActiveLine(),
      yaml(),
      syntaxHighlighting(COLORS),
      autocompletion({ override: [(context) => complete(context, guide)] }),
      linter(() => this.#lint(), { delay: DELAY_MS }),
      lintGutter(),
      hoverTooltip((view, pos) => explain(view, pos, guide)),
      // Tab leaves the editor, as everywhere on a page.
      keymap.of([...completionKeymap, ...lintKeymap, ...historyKeymap, ...defaultKeymap]),
      EditorView.contentAttributes.of({ 'aria-label': 'the scenario, YAML' }),
      EditorView.lineWrapping,
    ];
  }

  async #lint(): Promise<Diagnostic[]> {
    const { text } = this;
    const problems = await this.#parts.check(text).catch(() => []);
    const { doc } = this.#view.state;
    if (doc.toString() !== text) return [];
    if (problems.length > 0) {
      this.#known = '';
      this.#parts.wrong(problems);
    } else if (text !== this.#known) {
      this.#known = text;
      this.#parts.changed(text);
    }
    return problems.map(({ line, column, message }) => {
      const at = doc.line(Math.min(line, doc.lines));
      const start = Math.min(at.to, at.from + column - 1);
      const word = /^[^\s,:{}[\]]+/.exec(doc.sliceString(start, at.to))?.[0].length ?? 1;
      const to = Math.min(doc.length, start + word);
      // At the end of a line there is only what comes before.
      let from = Math.min(start, Math.max(0, to - 1));
      while (from > 0 && /\s/.test(doc.sliceString(from, from + 1))) from--;
      return { from, to: Math.max(from + 1, from === start ? to : 0), severity: 'error', message };
    });
  }
}

function complete(context: CompletionContext, guide: SchemaGuide): CompletionResult | null {
  const word = context.matchBefore(/[\w.-]*/);
  if (word === null || (word.from === word.to && !context.explicit)) return null;
  const words = guide.words(pathBehind(context.state.sliceDoc(0, word.from)));
  if (words.length === 0) return null;
  return {
    from: word.from,
    options: words.map(({ label, about, isKey }) => ({
      label,
      apply: isKey ? `${label}: ` : label,
      type: isKey ? 'property' : 'enum',
      info: about,
    })),
  };
}

function explain(view: EditorView, pos: number, guide: SchemaGuide): Tooltip | null {
  const line = view.state.doc.lineAt(pos);
  const isWord = /[\w.-]/;
  let [from, to] = [pos - line.from, pos - line.from];
  while (from > 0 && isWord.test(line.text[from - 1]!)) from--;
  while (to < line.text.length && isWord.test(line.text[to]!)) to++;
  const word = line.text.slice(from, to);
  if (word === '') return null;
  const about = guide.about(pathBehind(view.state.sliceDoc(0, line.from + from)), word);
  if (about === '') return null;
  return {
    pos: line.from + from,
    end: line.from + to,
    create: () => ({ dom: el('div', { class: 'about' }, el('b', {}, word), ` ${about}`) }),
  };
}
