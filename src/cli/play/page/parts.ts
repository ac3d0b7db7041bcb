import { el } from '../../report/page/dom.ts';
import type { MuseumPiece } from '../html.ts';
import type { PlayProblem, Recording } from '../protocol.ts';

/** In place of the switches, for such a run. */
export const NO_WHAT_IF =
  'A run with several threads cannot be weakened here: it was recorded by the command. The museum and `qemu-loop explore` take links away between threads.';

/** The stories by folder; the value is the path, a link for a piece of the museum, and '' for a text of one's own. */
export function storySelect(
  stories: readonly { readonly path: string }[],
  museum: readonly MuseumPiece[],
): HTMLSelectElement {
  const groups = new Map<string, HTMLOptGroupElement>();
  const add = (folder: string, text: string, value: string): void => {
    const group = groups.get(folder) ?? el('optgroup');
    group.label = folder;
    groups.set(folder, group);
    group.append(optionOf(text, value));
  };
  for (const { path } of stories) {
    // A piece of the museum has a folder, and one of them is enough.
    const folder = /^scenarios\/museum/.exec(path)?.[0] ?? path.slice(0, path.lastIndexOf('/'));
    add(folder, path.slice(folder.length + 1).replace(/\.yaml$/, ''), path);
  }
  for (const { title, link } of museum) add('the museum', title, link);
  return el('select', { label: 'a story' }, optionOf('your own', ''), ...groups.values());
}

function optionOf(text: string, value: string): HTMLOptionElement {
  const option = el('option', {}, text);
  option.value = value;
  return option;
}

/** A part of the page with its heading. */
export function panel(id: string, title: string, ...content: HTMLElement[]): HTMLElement {
  return el('section', { id, class: 'panel' }, el('h2', {}, title), ...content);
}

/** The outcome of a run in a line, and below it what failed. */
export function verdict({
  name,
  status,
  failures,
  notes,
  elapsedNs,
  iterations,
}: Recording): string {
  const first = status === 0 ? `${name}: passed` : `${name}: failed`;
  const figures = `${iterations} iterations, ${(elapsedNs / 1e6).toFixed(3)} ms`;
  return [`${first}, ${figures}`, ...failures, ...notes.map((note) => `note: ${note}`)].join('\n');
}

/** The problems of a text, while the page still shows the run of the one before. */
export function mistakes([first, ...more]: readonly PlayProblem[]): string {
  const others = more.length === 0 ? '' : `\nand ${more.length} more, marked in the text`;
  return `line ${first?.line}: ${first?.message}${others}\nWhat is shown is the last run without a mistake.`;
}

/** Draws anew, and gives the focus back to the button that had it. */
export function keepFocus(box: HTMLElement, draw: () => void): void {
  const had = box.contains(document.activeElement) ? document.activeElement!.textContent : null;
  draw();
  if (had === null) return;
  [...box.querySelectorAll('button')].find(({ textContent }) => textContent === had)?.focus();
}

/** The fastest speed at which each event is drawn: about two for each frame of the screen. */
const DRAWN_SPEED = 100;

/** The machine is drawn after every nth event, at a speed in events a second. */
export function strideOf(speed: number): number {
  return Math.max(1, Math.ceil(speed / DRAWN_SPEED));
}
