import { expect, test } from 'vitest';
import { spawnError } from '../../../src/cli/exit/spawn-error.ts';
import { ENOENT, HostError } from '../../../src/host/errno.ts';
import { SimHost } from '../../../src/host/sim/sim-host.ts';

test.each([
  ['/bin/sh', /ENOENT\): there is no shell here, which --spawn needs: write -- PROG ARG… /],
  ['/bin/server', /ENOENT\): check the name and PATH$/],
])('an image without %s: what is missing, and what to do', (program, text) => {
  const error = spawnError(new HostError(-ENOENT, 'posix_spawn'), program, new SimHost());
  expect(error.message).toMatch(text);
  expect(error.status).toBe(127);
});
