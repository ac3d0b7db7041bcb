/** docs/scenario-language.md lists the places of each action; the language agrees. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { actionWords } from '../../src/scenario/schema-actions.ts';

const file = join(import.meta.dirname, '..', '..', 'docs', 'scenario-language.md');

/** All objects that the examples in the tables name. Nonsense is allowed: only places count. */
const OBJECTS = `
name: places
bottom_halves: {a: {}}
fds: {e: {kind: socketpair}}
notifiers: {n: {pollable: true}}
timers: {t: {}}
co_queues: [q]
co_mutexes: [m]
co_rwlocks: [l]
children: {child: {}}
signals: {SIGUSR1: {}, SIGRTMIN: {}}
sources: {g: {kind: idle, attached: false}}
expect: {abort: any}
`;

/** With several threads, a file has no timeline. */
const THREADED = `${OBJECTS}
iothreads: {io0: {}}
threads: {thread: {}}
vcpus: {cpu0: {}}
requests: {r: {}}
words: [done, count]
conds: [cond]
coroutines: {x: {}, c: {do: [`;
const THREADED_PLACES: Readonly<Record<string, (action: string) => string>> = {
  S: (action) => `]}}\nsteps: [${action}]`,
  D: (action) => `]}}\npoll_notifiers: {p: {do: [${action}]}}`,
  C: (action) => `${action}]}}`,
  H: (action) => `]}}\nvcpus: {cpu0: {do: [${action}]}}`,
  W: (action) => `]}}\nrequests: {r: {work: [${action}]}}`,
};

/** The letters of the tables, and an action in that place. */
const PLACES: Readonly<Record<string, (action: string) => string>> = {
  S: (action) => `coroutines: {c: {}}\nsteps: [${action}]`,
  D: (action) => `coroutines: {c: {}}\npoll_notifiers: {p: {do: [${action}]}}`,
  C: (action) => `coroutines: {c: {}, d: {do: [${action}]}}`,
  T: (action) => `coroutines: {c: {}}\ntimeline: [{at: 1ms, do: [${action}]}]`,
};

/** An action from a table, completed. */
function actionOf(code: string): string {
  const whole = code
    .replace('check: {…}', 'check: {result: true}')
    .replace('[…]', '[]')
    .replace(/^(spawn: |kill_child: \{)a/, '$1child');
  return whole.includes(':') ? `{${whole}}` : whole;
}

const text = readFileSync(file, 'utf8');
const [before, behind] = text.split('### Several threads\n') as [string, string];
const rowsOf = (part: string): RegExpExecArray[] => [
  ...part.matchAll(/^\| (`.*?) \| ([SDCTHW ]+) \|/gm),
];
const codesOf = (part: string): (readonly [code: string, places: string])[] =>
  rowsOf(part).flatMap(([, cell, places]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(
      ([, code]) => [code!, places!.replaceAll(' ', '')] as const,
    ),
  );
const actions = codesOf(before);
const ofThreads = codesOf(behind);

it('has every action', () => {
  const words = new Set([...actions, ...ofThreads].map(([code]) => /^\w+/.exec(code)![0]));
  expect([...words].sort()).toEqual(actionWords().sort());
});

it.each(actions)('%s in %s and nowhere else', (code, places) => {
  const allowed = Object.entries(PLACES).filter(
    ([, put]) => loadScenario(OBJECTS + put(actionOf(code)), 'f.yaml').problems.length === 0,
  );
  expect(allowed.map(([place]) => place).join('')).toBe(places);
});

it.each(ofThreads)('%s in %s and nowhere else, in a file with threads', (code, places) => {
  const action = actionOf(
    code.replace(/^(start|join): t/, '$1: thread').replace(/^(cond_\w+): c$/, '$1: cond'),
  );
  const allowed = Object.entries(THREADED_PLACES).filter(([place, put]) => {
    const file = (THREADED + put(action)).replace(...anew(place));
    return loadScenario(file, 'f.yaml').problems.length === 0;
  });
  expect(allowed.map(([place]) => place).join('')).toBe(places);
});

/** A section that a place declares is not declared before it too. */
function anew(place: string): [string, string] {
  if (place === 'H') return ['vcpus: {cpu0: {}}\n', ''];
  return place === 'W' ? ['requests: {r: {}}\n', ''] : ['', ''];
}
