import { firstDifference, STORY_STYLE, storyDrawing } from '../../drawing/story-drawing.ts';
import { el } from '../../report/page/dom.ts';
import type { ExploredProgram } from '../html.ts';
import type { BarrierStories } from '../protocol.ts';
import { drawnShape } from './drawn-shape.ts';
import type { EngineClient } from './engine-client.ts';

const NOTHING = '';

/** A barrier or a step between threads, and the program that lacks it. */
interface Barrier {
  readonly program: string;
  readonly without: string;
  readonly about: string;
  /** How the program goes on without it. */
  readonly weakened: string;
}

/**
 * The switch that takes a barrier, or a step, away between threads. One thread alone sees its own steps in
 * order, so the scenario cannot show that: the explorer runs every order of a few threads on the shipped
 * classes, and its shortest way to the error is drawn beside the sound run.
 */
export class BarrierSwitch {
  readonly element: HTMLElement;
  readonly #client: EngineClient;
  readonly #changed: () => void;
  readonly #select = el('select');
  readonly #result = el('div', { class: 'barrier-result' });
  readonly #barriers: readonly Barrier[];
  #wanted = NOTHING;

  /**
   * @param client its searches take seconds, and another choice ends them
   * @param changed told when another one is chosen
   */
  constructor(programs: readonly ExploredProgram[], client: EngineClient, changed: () => void) {
    this.#client = client;
    this.#barriers = programs.flatMap(({ name, about, weakenings }) =>
      weakenings.map((one) => ({ program: name, without: one.name, about, weakened: one.about })),
    );
    this.#select.append(...options(this.#barriers));
    this.#changed = changed;
    this.#result.setAttribute('aria-live', 'polite');
    this.#select.name = 'barrier';
    this.#select.addEventListener('change', () => {
      this.#wanted = this.#select.value;
      this.#changed();
      void this.#show();
    });
    this.element = el(
      'div',
      { class: 'barriers' },
      el('style', {}, STORY_STYLE),
      el('h3', {}, 'Between threads'),
      el('label', {}, 'every order of their steps, without ', this.#select),
      this.#result,
    );
  }

  /** The barrier that is taken away, as `program.name`; '' for none. */
  get chosen(): string {
    return this.#wanted;
  }

  set chosen(chosen: string) {
    const isKnown = this.#barriers.some((one) => keyOf(one) === chosen);
    const wanted = isKnown ? chosen : NOTHING;
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#select.value = wanted;
    void this.#show();
  }

  async #show(): Promise<void> {
    const wanted = this.#wanted;
    this.#client.stop();
    const barrier = this.#barriers.find((one) => keyOf(one) === wanted);
    if (barrier === undefined) {
      this.#result.replaceChildren();
      return;
    }
    const isOld = (): boolean => this.#wanted !== wanted;
    this.#result.replaceChildren(el('p', { class: 'faint' }, 'All orders are run …'));
    try {
      const stories = await this.#client.explore(barrier.program, barrier.without);
      if (isOld()) return;
      const proof = el('p', { class: 'faint' }, 'As shipped: all its orders are run …');
      this.#result.replaceChildren(...drawings(barrier, stories, proof));
      const { found } = await this.#client.explore(barrier.program, NOTHING);
      proof.className = found.error === null && found.ended === 'done' ? 'good' : 'bad';
      proof.textContent = proofText(found);
    } catch (error) {
      if (!isOld())
        this.#result.replaceChildren(el('p', { class: 'bad' }, (error as Error).message));
    }
  }
}

function keyOf({ program, without }: Pick<Barrier, 'program' | 'without'>): string {
  return `${program}.${without}`;
}

function options(barriers: readonly Barrier[]): HTMLElement[] {
  const groups = new Map<string, HTMLOptGroupElement>();
  for (const barrier of barriers) {
    const group = groups.get(barrier.program) ?? el('optgroup');
    group.label = barrier.program;
    groups.set(barrier.program, group);
    const option = el('option', { title: barrier.weakened }, barrier.without);
    option.value = keyOf(barrier);
    group.append(option);
  }
  const none = el('option', {}, 'nothing');
  none.value = NOTHING;
  return [none, ...groups.values()];
}

function drawings(
  { program, without, about, weakened }: Barrier,
  { found, beside }: BarrierStories,
  proof: HTMLElement,
): HTMLElement[] {
  const { story } = found;
  const told = el('p', {}, `${program}: ${about}. Without ${without}: ${weakened}.`);
  if (story === null) {
    return [
      told,
      el('p', {}, `No error in the ${found.states.toLocaleString('en')} states so far.`),
    ];
  }
  const differsAt = beside === null ? -1 : firstDifference(story, beside);
  const steps = `${story.steps.length} steps${found.isShortest ? ', and no way is shorter' : ''}`;
  const weak = figure(
    `without ${without}`,
    el('p', { class: 'bad' }, `${story.error}: under ${found.model}, ${steps}`),
    drawnShape(storyDrawing(story, `${program} without ${without}`, differsAt)),
  );
  const sound =
    beside === null
      ? []
      : [
          figure(
            'as shipped, by the same turns as far as they go',
            proof,
            drawnShape(storyDrawing(beside, `${program} as shipped`, differsAt)),
          ),
        ];
  return [
    told,
    el('div', { class: 'drawings' }, weak, ...sound),
    el('p', { class: 'faint' }, LEGEND),
  ];
}

const LEGEND =
  'Time goes down, and a lane is a thread. A square is a store that waits in its thread’s buffer, a thick lane such a wait, and a ring its end.';

function figure(title: string, ...content: (HTMLElement | SVGElement)[]): HTMLElement {
  return el('figure', {}, el('h4', {}, title), ...content);
}

function proofText({ error, ended, model, states }: BarrierStories['found']): string {
  const size = `${states.toLocaleString('en')} states`;
  if (error !== null) return error;
  return ended === 'done'
    ? `no error in any interleaving under ${model}: ${size}`
    : `no error in ${size}: the rest is left out, qemu-loop explore has it`;
}
