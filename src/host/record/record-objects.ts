/** Objects of a Host that call back, as they are recorded. */

import type { Host, SignalPipe } from '../host.ts';
import type { NodeWait } from '../node-wait.ts';
import { op } from './ops.ts';
import type { Recorder } from './recorder.ts';
import { writeNumber, writeNumbers, writeThrown } from './results.ts';

/** Makes the object, or records the error that it throws. */
function made<T>(recorder: Recorder, make: () => T): T {
  try {
    return make();
  } catch (error) {
    writeThrown(recorder.sink, error);
    throw error;
  }
}

/** @param id the number of the object among those of the run */
export function recordNodeWait(
  host: Host,
  recorder: Recorder,
  id: number,
  round: () => void,
): NodeWait {
  recorder.begin(op('openNodeWait'), [round]);
  const recordedRound = (): void => {
    recorder.begin(op('round'), [id]);
    round();
  };
  const wait = made(recorder, () => host.openNodeWait(recordedRound));
  writeNumber(recorder.sink, Number(wait.blocks));
  recorder.sink.text(wait.kind);
  return wait;
}

/** @param id the number of the object among those of the run */
export function recordSignalPipe(
  host: Host,
  recorder: Recorder,
  id: number,
  tell: (signo: number) => void,
): SignalPipe | number {
  recorder.begin(op('openSignalPipe'), [tell]);
  const told: number[] = [];
  const pipe = made(recorder, () => host.openSignalPipe((signo) => told.push(signo)));
  if (typeof pipe === 'number') {
    writeNumber(recorder.sink, pipe);
    return pipe;
  }
  writeNumber(recorder.sink, 0);
  writeNumber(recorder.sink, pipe.fd);
  return recordedPipe(recorder, id, pipe, () => {
    const signals = told.splice(0);
    writeNumbers(recorder.sink, signals);
    for (const signo of signals) tell(signo);
  });
}

/** A signal is told after the call that brought it: the listener's own calls come after it. */
function recordedPipe(
  recorder: Recorder,
  id: number,
  pipe: SignalPipe,
  tellAll: () => void,
): SignalPipe {
  return {
    fd: pipe.fd,
    add: (signo, flags) => {
      const ret = pipe.add(signo, flags);
      recorder.begin(op('pipeAdd'), [id, signo, flags]);
      writeNumber(recorder.sink, ret);
      tellAll();
      return ret;
    },
    remove: (signo) => {
      pipe.remove(signo);
      recorder.begin(op('pipeRemove'), [id, signo]);
    },
    drain: () => {
      pipe.drain();
      recorder.begin(op('pipeDrain'), [id]);
      tellAll();
    },
    dispose: () => {
      pipe.dispose();
      recorder.begin(op('pipeDispose'), [id]);
    },
  };
}
