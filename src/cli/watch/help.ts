/** The page behind the ? key. It is short: at 40 columns by 10 rows the essentials still fit. */
export function help(drawnByLoop: boolean, takesTurns: boolean): readonly string[] {
  return [...head(drawnByLoop, takesTurns), ...KEYS, ...(drawnByLoop ? OWN : BESIDE)];
}

const head = (drawnByLoop: boolean, takesTurns: boolean): readonly string[] => [
  'space    pause, continue',
  `s .      one iteration${takesTurns ? ' of any thread' : ''}, then pause`,
  'p        up to the next phase, then pause',
  'b  B     an iteration back; to the last event',
  'g        to an iteration, by its number',
  'n  N     to the next, last one that has the text of /',
  ...(takesTurns ? ['t        until another thread runs'] : []),
  '-  +     slow motion: slower, faster',
  'k        kill a child by its number',
  drawnByLoop ? 'q        SIGTERM to all; again: SIGKILL' : 'q        end the run, and leave',
];

const KEYS: readonly string[] = [
  'x        explain the event marked ▸',
  '/        only lines with a text; Esc: all',
  'Tab      one section alone; Esc: all',
  'arrows   scroll; also Page, Home, End',
  'Ctrl-Z   suspend; fg continues',
  'Ctrl-L   redraw the screen',
  'Any key closes this page.',
];

const OWN: readonly string[] = [
  'The loop that is shown draws this itself:',
  "view's own counts the iterations that it",
  'made only for that.',
];

const BESIDE: readonly string[] = ['Paused: simulated time stands still.'];
