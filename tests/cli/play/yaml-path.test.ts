/** The path to a place in a scenario file, and the words of the schema for it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SchemaGuide } from '../../../src/cli/play/page/schema.ts';
import { pathBehind } from '../../../src/cli/play/page/yaml-path.ts';
import { root } from '../../support/run.ts';

const guide = new SchemaGuide(
  JSON.parse(readFileSync(join(root, 'schema', 'scenario.schema.json'), 'utf8')),
);

/** A path as one text; an item is a dash. */
const shown = (text: string): string =>
  pathBehind(text)
    .map((step) => (typeof step === 'string' ? step : '-'))
    .join(' ');

describe('the path behind a text', () => {
  it.each([
    ['', ''],
    ['name: x\n', ''],
    ['drive: ', 'drive'],
    ['name: x\nsteps: [{', 'steps -'],
    ['name: x\nsteps: [step, {schedule: ', 'steps - schedule'],
    ['steps: [{schedule: a}, ', 'steps -'],
    ['steps: [{schedule: a}]\n', ''],
    ['timers:\n  t: {', 'timers t'],
    ['timers:\n  t:\n    clock: ', 'timers t clock'],
    ['timers:\n  t:\n    clock: virtual\n  ', 'timers'],
    ['steps:\n  - ', 'steps -'],
    ['steps:\n- schedule: a\n- ', 'steps -'],
    ['fds:\n  e: {do: [{', 'fds e do -'],
    ['# a: {\nchildren: {a: {after: 1ms, # {\n  ', 'children a'],
    ['name: "a: {b"\nexpect:\n  ', 'expect'],
    ['timeline:\n  - {at: 5ms, do: [{kick: e}, {', 'timeline - do -'],
    ['steps: [{check: {calls: {', 'steps - check calls'],
  ])('%j: %s', (text, path) => {
    expect(shown(text)).toBe(path);
  });
});

describe('the words of the schema', () => {
  const words = (text: string): string[] => guide.words(pathBehind(text)).map(({ label }) => label);

  it.each([
    ['', ['bottom_halves', 'steps', 'expect']],
    ['drive: ', ['aio_poll', 'main_loop']],
    ['bottom_halves: {a: {', ['do', 'do_runs', 'context']],
    ['steps: [', ['settle', 'step']],
    ['steps: [{', ['schedule', 'block', 'spawn', 'check']],
    ['bottom_halves:\n  a:\n    do:\n      - {', ['schedule', 'block']],
    ['timers: {t: {clock: ', ['realtime', 'virtual']],
    ['expect: {', ['order', 'includes', 'never']],
  ])('%j has %j', (text, some) => {
    expect(words(text)).toEqual(expect.arrayContaining(some));
  });

  it('are those of the place alone', () => {
    expect(words('timers: {t: {')).not.toContain('exit');
    expect(words('nosuch: {')).toEqual([]);
  });

  it('are explained', () => {
    expect(guide.about([], 'timers')).toMatch(/timer_new_full/);
    expect(guide.about(pathBehind('steps: [{'), 'schedule')).toMatch(/qemu_bh_schedule/);
    expect(guide.about([], 'nosuch')).toBe('');
  });
});
