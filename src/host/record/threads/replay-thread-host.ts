import type { Host } from '../../host.ts';
import { ReplayHost } from '../replay-host.ts';
import { ReplayTurns } from './replay-turns.ts';
import type { ReplayTicket } from './replayed-threads.ts';

/**
 * The host of a thread of a replay other than main. Its constructor returns when it is the thread's turn
 * for the first time.
 */
export class ReplayThreadHost extends ReplayHost {
  /** @param alloc allocates: nothing else of it is used */
  constructor({ name, number, memory, file }: ReplayTicket, alloc: Host) {
    super({ ...file, bytes: memory.bytes }, alloc);
    this.player.turns = new ReplayTurns(name, number, memory);
    this.player.takeTurn();
  }

  override dispose(): void {
    this.player.leave();
  }
}
