import type { NewThread, ThreadTicket } from '../../host.ts';
import { RecordReadError } from '../errors.ts';
import type { ReplayedFile } from '../file.ts';
import { op } from '../ops.ts';
import type { Player } from '../player.ts';
import { readNumber } from '../results.ts';
import { type ReplayMemory, ReplayTurns, replayMemory } from './replay-turns.ts';

/** Makes the host of a thread of a replay: see ReplayThreadHost. */
export interface ReplayTicket extends ThreadTicket {
  readonly kind: 'replayed';
  readonly name: string;
  readonly number: number;
  readonly memory: ReplayMemory;
  readonly file: Omit<ReplayedFile, 'bytes'>;
}

/** Host.newThread in a replay. From the first one on the threads have turns. */
export function replayThread(
  player: Player,
  { header, signatures, ending, bytes }: ReplayedFile,
  name: string,
): NewThread | number {
  player.begin(op('newThread'), [name]);
  const number = readNumber(player.source);
  if (number < 0) return number;
  player.turns ??= new ReplayTurns('main', 0, replayMemory(bytes));
  const { turns } = player;
  if (!turns.add(number)) {
    throw new RecordReadError(`byte ${player.source.at}: a thread ${number}`);
  }
  const file = { header: { facts: header.facts }, signatures, ending };
  const { memory } = turns;
  const ticket: ReplayTicket = { kind: 'replayed', name, number, memory, file };
  return { ticket, transfer: [] };
}
