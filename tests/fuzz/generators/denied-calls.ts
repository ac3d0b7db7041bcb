/** The command with a system call denied by a filter: it uses another, or ends with one line. */

import fc from 'fast-check';
import { DENIED, ERRNOS, judge, runDenied, WAYS } from '../../support/denied.ts';
import type { Generator } from '../generators.ts';

interface Input {
  readonly calls: string;
  readonly errno: string;
  readonly way: readonly string[];
}

export default {
  about:
    'the command without a system call works another way, or says so in one line and exits with 125',
  inputs: fc.record({
    calls: fc.constantFrom(...DENIED.map(({ calls }) => calls)),
    errno: fc.constantFrom(...ERRNOS),
    way: fc.constantFrom(...WAYS),
  }),
  check: async ({ calls, errno, way }) => {
    const denied = DENIED.find((one) => one.calls === calls)!;
    judge(denied, errno, await runDenied(calls, errno, way));
  },
  show: ({ calls, errno, way }) => `DENY=${calls}=${errno} ${way.join(' ')}`,
  runs: 6,
} satisfies Generator<Input>;
