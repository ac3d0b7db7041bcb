import { button, el } from '../../report/page/dom.ts';
import type { Thing } from '../../report/things.ts';
import { formatDuration } from '../../text/units.ts';
import { STEPS, type Step } from '../run-view.ts';
import { type Player, SPEEDS } from './player.ts';

/** Play, pause, steps in both directions, the slider, the speed, and the breakpoints. */
export class Transport {
  readonly element: HTMLElement;
  readonly #player: Player;
  readonly #play: HTMLButtonElement;
  readonly #slider = el('input', { class: 'slider', label: 'the event, of all of the run' });
  readonly #place = el('output', { class: 'place' });
  readonly #stops = el('span', { class: 'stops' });

  constructor(player: Player) {
    this.#player = player;
    this.#slider.type = 'range';
    this.#slider.min = '0';
    this.#slider.addEventListener('input', () => {
      player.playing = false;
      player.go(Number(this.#slider.value));
    });
    this.#play = button('play', () => player.toggle(), {
      id: 'play',
      title: 'play or pause (space)',
    });
    this.element = el(
      'div',
      { class: 'transport', role: 'toolbar', label: 'the run' },
      button('start', () => player.go(0), { id: 'start', title: 'to the start (Home)' }),
      button('back', () => player.move(-1), { id: 'back', title: 'a step back (arrow left)' }),
      this.#play,
      button('step', () => player.move(1), { id: 'step', title: 'a step (arrow right)' }),
      button('end', () => player.go(Number.MAX_SAFE_INTEGER), {
        id: 'end',
        title: 'to the end (End)',
      }),
      choice('a step is', STEPS, player.step, (step) => {
        player.step = step as Step;
      }),
      choice('events a second', SPEEDS.map(String), String(player.speed), (speed) => {
        player.speed = Number(speed);
      }),
      this.#slider,
      this.#place,
      this.#stops,
    );
  }

  show(): void {
    const { view, at, playing, breakpoints } = this.#player;
    const last = Math.max(0, (view?.length ?? 1) - 1);
    this.#slider.max = String(last);
    this.#slider.value = String(at);
    const time =
      view === null || view.length === 0 ? '' : formatDuration(view.recording.times[at]!);
    const text =
      view === null
        ? 'nothing has run'
        : `event ${at + 1} of ${view.length}, iteration ${view.iteration(at)}, ${time}`;
    this.#slider.setAttribute('aria-valuetext', text);
    this.#place.textContent = text;
    this.#play.textContent = playing ? 'pause' : 'play';
    if (
      this.#stops.childElementCount !== breakpoints.length ||
      this.#stops.dataset.names !== names(breakpoints)
    ) {
      this.#stops.dataset.names = names(breakpoints);
      this.#stops.replaceChildren(...breakpoints.map((thing) => this.#stop(thing)));
    }
  }

  #stop(thing: Thing): HTMLElement {
    return button(
      `stops at ${thing.label} ×`,
      () => {
        const { breakpoints } = this.#player;
        breakpoints.splice(breakpoints.indexOf(thing), 1);
        this.show();
      },
      { class: 'stop', label: `remove the breakpoint on ${thing.label}` },
    );
  }
}

function names(things: readonly Thing[]): string {
  return things.map(({ label }) => label).join();
}

function choice(
  label: string,
  values: readonly string[],
  chosen: string,
  change: (value: string) => void,
): HTMLElement {
  const select = el('select', { label });
  for (const value of values) {
    const option = el('option', {}, value);
    option.value = value;
    option.selected = value === chosen;
    select.append(option);
  }
  select.addEventListener('change', () => change(select.value));
  return el('label', { class: 'choice' }, `${label} `, select);
}
