/** The engine's Worker: answers the page's requests one after the other. */

import * as z from 'zod';
import { exploreBarrier } from './barriers.ts';
import { compare, framesOf, ordersOf, problemsOf, record } from './engine.ts';
import type { Reply, Request } from './protocol.ts';

// The page's security policy forbids code made of text, and zod would try it.
z.config({ jitless: true });

/** The parts of a Worker's global object that are used here. */
interface WorkerScope {
  onmessage: ((event: { data: Request }) => void) | null;
  postMessage(reply: Reply): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data }) => {
  const { number } = data;
  try {
    scope.postMessage(answer(data));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    scope.postMessage({ number, kind: 'error', message });
  }
};

function answer(request: Request): Reply {
  const { number } = request;
  switch (request.kind) {
    case 'check':
      return { number, kind: 'problems', problems: problemsOf(request.text) };
    case 'run':
      return { number, kind: 'recording', recording: record(request.play) };
    case 'frames': {
      const { play, from, to, stride } = request;
      return { number, kind: 'frames', from, frames: framesOf(play, from, to, stride) };
    }
    case 'compare':
      return { number, kind: 'comparison', comparison: compare(request.play) };
    case 'orders':
      return { number, kind: 'orders', found: ordersOf(request.play, request.mostRuns) };
    case 'explore':
      return {
        number,
        kind: 'explored',
        stories: exploreBarrier(request.program, request.without),
      };
  }
}
