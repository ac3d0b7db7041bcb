/** The playground's page: the editor, the machine, the code and the log around one run. */

import { button, el } from '../../report/page/dom.ts';
import { machine } from '../../report/page/machine-view.ts';
import { themeSwitch } from '../../report/page/theme.ts';
import type { Thing } from '../../report/things.ts';
import type { PlayLibrary } from '../html.ts';
import type { Play } from '../protocol.ts';
import { recordingOf } from '../recorded.ts';
import { RunView } from '../run-view.ts';
import { BarrierSwitch } from './barrier-switch.ts';
import { ChainBar } from './chain-bar.ts';
import { CodeView } from './code-view.ts';
import { Editor } from './editor.ts';
import { EngineClient } from './engine-client.ts';
import { Frames } from './frames.ts';
import { onKey } from './keys.ts';
import { Lanes } from './lanes.ts';
import { LogView } from './log-view.ts';
import { Orders } from './orders.ts';
import { keepFocus, mistakes, NO_WHAT_IF, panel, storySelect, strideOf, verdict } from './parts.ts';
import { Player } from './player.ts';
import { RecordedFrames } from './recorded-frames.ts';
import { type Schema, SchemaGuide } from './schema.ts';
import { packedBlock, readShared, writeShared } from './share.ts';
import { StopButton } from './stop-button.ts';
import { StoryView } from './story-view.ts';
import { Transport } from './transport.ts';
import { WhatIf } from './what-if.ts';

/** The schema and the scenarios that the page brings along. */
interface Library extends PlayLibrary {
  readonly schema: Schema;
}

/** From this speed on nobody can read along: only the machine, the code and the log move. */
const QUIET_SPEED = 30;

class Playground {
  readonly #library: Library;
  readonly #client: EngineClient;
  /** A search takes seconds, and the run goes on meanwhile. */
  readonly #explorer: EngineClient;
  readonly #editor: Editor;
  readonly #player = new Player(() => this.#show());
  readonly #transport = new Transport(this.#player);
  readonly #chain = new ChainBar();
  readonly #code = new CodeView();
  readonly #log = new LogView((event) => this.#player.go(event));
  readonly #lanes = new Lanes((event) => this.#player.go(event));
  readonly #story: StoryView;
  readonly #barriers: BarrierSwitch;
  readonly #whatIf: WhatIf;
  readonly #orders = new Orders(
    (mostRuns) => this.#findOrders(mostRuns),
    (schedule) => this.#runOrder(schedule),
  );
  readonly #stage = el('div', { class: 'stage' });
  readonly #outcome = el('p', { class: 'outcome' });
  readonly #stop = new StopButton(() => this.#client.stop());
  readonly #stories: HTMLSelectElement;
  readonly #seed = el('input', { label: 'the seed', class: 'seed' });
  #frames: Frames | RecordedFrames | null = null;
  #play: Play | null = null;
  /** The order to play, of this text; null for a run of a seed. */
  #order: { readonly text: string; readonly schedule: string } | null = null;

  constructor(library: Library, engine: string) {
    this.#library = library;
    this.#stories = storySelect([...library.stories, ...library.recorded], library.museum);
    this.#client = new EngineClient(engine, (isBusy) => this.#stop.show(isBusy));
    this.#explorer = new EngineClient(engine);
    this.#barriers = new BarrierSwitch(
      library.programs,
      this.#explorer,
      () => void this.#writeAddress(),
    );
    this.#whatIf = new WhatIf(
      this.#barriers,
      () => this.#run(),
      (event) => this.#player.go(event),
    );
    this.#editor = new Editor({
      guide: new SchemaGuide(library.schema),
      check: (text) => this.#client.problems(text),
      changed: () => this.#run(),
      wrong: (problems) => this.#say('bad', mistakes(problems)),
    });
    this.#story = new StoryView({
      go: (event) => this.#player.go(event),
      toggleBreakpoint: (thing) => this.#toggleBreakpoint(thing),
      hasBreakpoint: (thing) => this.#breakpoint(thing) >= 0,
    });
    this.#outcome.setAttribute('aria-live', 'polite');
    this.#seed.inputMode = 'numeric';
    this.#seed.placeholder = "file's";
    this.#seed.addEventListener('change', () => {
      this.#order = null;
      this.#run();
    });
    this.#stories.addEventListener('change', () => this.#choose());
    document.body.append(this.#header(), this.#transport.element, this.#main());
    document.addEventListener('keydown', (event) => onKey(this.#player, event));
  }

  /** Opens what the address says, or the first story. */
  async open(): Promise<void> {
    const { dataset } = document.documentElement;
    delete dataset.ready;
    const shared = await readShared(location.hash);
    const story = this.#storyAt(shared.story ?? this.#library.first);
    this.#editor.set(shared.text ?? story?.text ?? '');
    this.#seed.value = shared.seed === null ? '' : String(shared.seed);
    this.#whatIf.weaknesses = shared.weaknesses;
    this.#barriers.chosen = shared.barrier;
    const { schedule } = shared;
    this.#order = schedule === null ? null : { text: this.#editor.text, schedule };
    await this.#run(shared.at);
    dataset.ready = 'true';
  }

  #storyAt(path: string): { readonly text: string } | undefined {
    const { stories, recorded } = this.#library;
    return [...stories, ...recorded].find((story) => story.path === path);
  }

  #choose(): void {
    const { value } = this.#stories;
    // A piece of the museum is a link, which opens itself.
    if (value.startsWith('#')) location.hash = value;
    const story = this.#storyAt(value);
    if (story === undefined) return;
    this.#editor.set(story.text);
    this.#run(0);
  }

  #header(): HTMLElement {
    return el(
      'header',
      {},
      el('h1', {}, 'qemu-loop playground'),
      el('label', {}, 'story ', this.#stories),
      el('label', {}, 'seed ', this.#seed),
      button('copy the link', () => this.#copy(), { id: 'share' }),
      themeSwitch(() => this.#lanes.recolor()),
      this.#stop.element,
    );
  }

  #main(): HTMLElement {
    return el(
      'main',
      {},
      panel('scenario', 'Scenario', this.#editor.element, this.#outcome),
      panel('machine', 'Machine', this.#chain.element, this.#stage),
      panel('code', 'Code', this.#code.element),
      panel('log', 'Log', this.#log.element),
      panel('timeline', 'Timeline', this.#lanes.element),
      panel('story', 'Story', this.#story.element),
      panel('what-if', 'What if', this.#whatIf.element),
      panel('orders', 'All orders', this.#orders.element),
    );
  }

  async #run(at = this.#player.at): Promise<void> {
    const { text } = this.#editor;
    const seed = /^\d+$/.test(this.#seed.value) ? Number(this.#seed.value) : null;
    const recorded = this.#library.recorded.find((story) => story.text === text);
    this.#whatIf.allow(recorded ? NO_WHAT_IF : null);
    const schedule = this.#order?.text === text ? this.#order.schedule : null;
    const play = { text, seed, schedule, weaknesses: this.#whatIf.weaknesses };
    this.#play = play;
    try {
      const recording = recorded ? recordingOf(recorded) : await this.#client.run(play);
      if (this.#play !== play) return;
      const view = new RunView(recording);
      this.#frames = recorded
        ? new RecordedFrames(view)
        : new Frames(this.#client, play, view.length, () => this.#show());
      this.#lanes.load(view);
      this.#log.load(view);
      this.#story.load(view);
      this.#whatIf.clear();
      this.#orders.play(play);
      this.#player.load(view, at);
      this.#say(recording.status === 0 ? 'good' : 'bad', verdict(recording));
      if (recorded === undefined && play.weaknesses.length > 0)
        this.#whatIf.show(await this.#client.compare(play));
    } catch (error) {
      if (this.#play === play) this.#say('bad', (error as Error).message);
    }
  }

  #runOrder(schedule: string): void {
    this.#seed.value = '';
    this.#order = { text: this.#editor.text, schedule };
    this.#run(0);
  }

  async #findOrders(mostRuns: number): Promise<void> {
    const play = this.#play;
    if (play === null) return;
    try {
      const found = await this.#explorer.orders(play, mostRuns);
      if (this.#play === play) this.#orders.show(play, found);
    } catch (error) {
      this.#orders.fail((error as Error).message);
    }
  }

  #say(kind: string, text: string): void {
    this.#outcome.className = `outcome ${kind}`;
    this.#outcome.textContent = text;
  }

  #show(): void {
    const { view, at, playing, speed } = this.#player;
    this.#transport.show();
    if (view === null || view.length === 0) return;
    const isQuiet = playing && speed >= QUIET_SPEED;
    this.#chain.show(view, at, isQuiet);
    this.#code.show(view, at);
    this.#log.show(at);
    this.#story.show(at, playing);
    this.#lanes.show(at, playing);
    const stride = playing ? strideOf(speed) : 1;
    const frame = this.#frames?.at(at, stride) ?? null;
    this.#stage.classList.toggle('late', frame === null);
    if (frame !== null) {
      const before = at < stride ? null : (this.#frames?.at(at - stride, stride) ?? null);
      const drawn = {
        frame,
        before,
        phase: view.phase(at),
        iteration: view.iteration(at),
        drive: view.recording.drive,
        things: view.thingsOf(at),
        pick: (thing: Thing) => this.#pick(thing),
      };
      keepFocus(this.#stage, () => this.#stage.replaceChildren(...machine(drawn)));
      this.#stage.dataset.event = String(at);
    }
    if (!playing) this.#writeAddress();
  }

  #pick(thing: Thing): void {
    this.#story.pick(thing);
    this.#story.show(this.#player.at, false);
  }

  #breakpoint({ kind, key }: Thing): number {
    return this.#player.breakpoints.findIndex((one) => one.kind === kind && one.key === key);
  }

  #toggleBreakpoint(thing: Thing): void {
    const at = this.#breakpoint(thing);
    if (at >= 0) this.#player.breakpoints.splice(at, 1);
    else this.#player.breakpoints.push(thing);
    this.#show();
  }

  async #address(): Promise<string> {
    const { text } = this.#editor;
    const { stories, recorded } = this.#library;
    const story = [...stories, ...recorded].find((one) => one.text === text)?.path ?? null;
    this.#stories.value = story ?? '';
    const { seed = null, schedule = null } = this.#play ?? {};
    return writeShared({
      story,
      text,
      at: this.#player.at,
      seed,
      schedule,
      weaknesses: this.#whatIf.weaknesses,
      barrier: this.#barriers.chosen,
    });
  }

  async #writeAddress(): Promise<void> {
    const hash = await this.#address();
    if (hash !== location.hash) history.replaceState(null, '', hash);
  }

  async #copy(): Promise<void> {
    await this.#writeAddress();
    await navigator.clipboard?.writeText(location.href).catch(() => {});
    this.#say('good', 'The link is in the address line, and in the clipboard if that works.');
  }
}

async function start(): Promise<void> {
  const [library, engine] = await Promise.all([packedBlock('library'), packedBlock('engine')]);
  const playground = new Playground(JSON.parse(library), engine);
  // The page's own writes to the address are no such event: only a link that is opened in this tab.
  window.addEventListener('hashchange', () => void playground.open());
  await playground.open();
}

void start();
