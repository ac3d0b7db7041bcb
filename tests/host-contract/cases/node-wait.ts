import { HostError } from '../../../src/host/errno.ts';
import type { ContractCase } from '../contract.ts';

// The cases are synchronous: what its rounds do is tested with MainLoop.runAsync.
export const nodeWait: ContractCase[] = [
  {
    name: 'a wait by Node makes no round before the caller is done, and none once it is disposed of',
    run: (env) => {
      let rounds = 0;
      const wait = env.host.openNodeWait(() => rounds++);
      env.equal(typeof wait.kind, 'string', 'its kind');
      wait.arm(-1, 0);
      wait.wake();
      wait.unref();
      wait.ref();
      env.equal(rounds, 0, 'rounds');
      wait.dispose();
      wait.arm(-1, 0);
      wait.wake();
      wait.dispose();
      env.equal(rounds, 0, 'rounds after dispose');
    },
  },
  {
    name: "Node's own loop has a descriptor and a timeout, or is refused with the reason",
    run: (env) => {
      try {
        const node = env.host.openNodeLoop();
        env.equal(node.fd >= 0 && node.timeoutMs() >= -1, true, 'a descriptor and a timeout');
        node.dispose();
        node.dispose();
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        env.equal(error.code, 'ENOSYS', 'the error');
      }
    },
  },
  {
    name: 'calls of Node to a worker have a descriptor; there are none on the main thread',
    run: (env) => {
      const call = env.host.openNodeCall();
      if (call === null) return;
      env.equal(call.fd >= 0, true, 'a descriptor');
      call.clear();
      call.dispose();
      call.dispose();
    },
  },
];
