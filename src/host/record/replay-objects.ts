/** Objects of a Host that call back, as they are replayed. */

import type { SignalPipe } from '../host.ts';
import { type NodeWait, type NodeWaitKind, Turn } from '../node-wait.ts';
import { op } from './ops.ts';
import type { Player } from './player.ts';
import { readNumber, readNumbers } from './results.ts';

/** @param id the number of the object among those of the run */
export function replayNodeWait(player: Player, id: number, round: () => void): NodeWait {
  player.begin(op('openNodeWait'), [round]);
  const blocks = readNumber(player.source) !== 0;
  const kind = player.source.text() as NodeWaitKind;
  // A round is made if it is the next thing that was recorded.
  return new ReplayNodeWait(kind, blocks, () => {
    if (!player.isNext(op('round'))) return;
    player.begin(op('round'), [id]);
    round();
  });
}

/** Makes the rounds that Node made. */
class ReplayNodeWait implements NodeWait {
  readonly kind: NodeWaitKind;
  readonly blocks: boolean;
  readonly #turn: Turn;

  constructor(kind: NodeWaitKind, blocks: boolean, round: () => void) {
    this.kind = kind;
    this.blocks = blocks;
    this.#turn = new Turn(round);
  }

  arm(): void {
    this.#turn.ask();
  }

  unwatch(): void {}

  wake(): void {
    this.#turn.ask();
  }

  ref(): void {
    this.#turn.keep(true);
  }

  unref(): void {
    this.#turn.keep(false);
  }

  isEndless(): boolean {
    return false;
  }

  dispose(): void {
    this.#turn.cancel();
  }
}

/** @param id the number of the object among those of the run */
export function replaySignalPipe(
  player: Player,
  id: number,
  tell: (signo: number) => void,
): SignalPipe | number {
  player.begin(op('openSignalPipe'), [tell]);
  const ret = readNumber(player.source);
  if (ret < 0) return ret;
  const fd = player.source.plain();
  const tellAll = (): void => {
    for (const signo of readNumbers(player.source)) tell(signo);
  };
  return {
    fd,
    add: (signo, flags) => {
      player.begin(op('pipeAdd'), [id, signo, flags]);
      const added = readNumber(player.source);
      tellAll();
      return added;
    },
    remove: (signo) => player.begin(op('pipeRemove'), [id, signo]),
    drain: () => {
      player.begin(op('pipeDrain'), [id]);
      tellAll();
    },
    dispose: () => player.begin(op('pipeDispose'), [id]),
  };
}
