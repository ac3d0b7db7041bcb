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

const rows = [...readFileSync(file, 'utf8').matchAll(/^\| (`.*?) \| ([SDCT ]+) \|/gm)];
const actions = rows.flatMap(([, cell, places]) =>
  [...cell!.matchAll(/`([^`]+)`/g)].map(
    ([, code]) => [code!, places!.replaceAll(' ', '')] as const,
  ),
);

it('has every action', () => {
  const words = new Set(actions.map(([code]) => /^\w+/.exec(code)![0]));
  expect([...words].sort()).toEqual(actionWords().sort());
});

it.each(actions)('%s in %s and nowhere else', (code, places) => {
  const allowed = Object.entries(PLACES).filter(
    ([, put]) => loadScenario(OBJECTS + put(actionOf(code)), 'f.yaml').problems.length === 0,
  );
  expect(allowed.map(([place]) => place).join('')).toBe(places);
});
