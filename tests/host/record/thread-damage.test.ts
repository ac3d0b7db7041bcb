/** A damaged record of several threads ends the replay of all: nobody waits for a turn that is lost. */

import { expect, it } from 'vitest';
import { ByteSink } from '../../../src/host/record/bytes.ts';
import { OPS } from '../../../src/host/record/ops.ts';
import { Player } from '../../../src/host/record/player.ts';
import { ReplayTurns, replayMemory } from '../../../src/host/record/threads/replay-turns.ts';

const signatures = OPS.map(({ signature }) => signature);
const TURN = OPS.find(({ name }) => name === 'turn')!.code;

/** An operation that gives the turn to a thread. */
function turnTo(thread: number): Uint8Array {
  const sink = new ByteSink(16);
  sink.uint(2 * TURN);
  sink.uint(thread);
  return sink.bytes.slice(0, sink.length);
}

/** Main's turns, and the player of thread 1, whose turn it is, with these operations. */
function threadWith(operations: Uint8Array): { main: ReplayTurns; player: Player } {
  const memory = replayMemory(operations);
  const main = new ReplayTurns('main', 0, memory);
  main.add(1);
  const player = new Player({
    header: { facts: {} as never },
    signatures,
    bytes: memory.bytes,
    ending: 'cut',
  });
  player.turns = new ReplayTurns('a', 1, memory);
  return { main, player };
}

it('a thread that ends at a number that cannot be read tells main', () => {
  const { main, player } = threadWith(new Uint8Array(20).fill(0xff));
  expect(() => player.leave()).toThrow('a number has no end');
  expect(main.isOver).toBe(true);
  expect(main.note).toMatchObject({ thread: 'a', message: expect.stringMatching(/has no end$/) });
});

it('a thread that ends gives its turn to none that has ended', () => {
  const { main, player } = threadWith(turnTo(1));
  expect(() => player.leave()).toThrow('byte 0: there is no such thread now');
  expect(main.note).toMatchObject({ message: 'byte 0: there is no such thread now' });
});

it('main has the turn of a thread that ends', () => {
  const { main, player } = threadWith(turnTo(0));
  player.leave();
  expect(main.await()).toBe(turnTo(0).length);
  // And gives it back to nobody.
  expect(main.give(1, 2)).toBe(false);
});

it('main ends the replay where its turn goes to a thread that has ended', () => {
  const { main, player } = threadWith(turnTo(1));
  player.turns!.leave();
  player.turns = main;
  expect(() => player.finish()).toThrow('byte 0: there is no such thread now');
  expect(player.ended?.message).toBe('byte 0: there is no such thread now');
});
