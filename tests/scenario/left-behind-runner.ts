/**
 * Runs one scenario on the real host, and prints the targets of its SIGKILLs. A process of its own:
 * it blocks signals. With a pid in place of a scenario, that process is ended as if a scenario had
 * left it behind.
 */

import { SIGKILL } from '../../src/host/constants.ts';
import { LinuxHost } from '../../src/host/linux/linux-host.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { LinuxWorld } from '../../src/scenario/run/linux-world.ts';
import { runScenario } from '../../src/scenario/run/run.ts';

const [text, stranger] = process.argv.slice(2) as [string, string | undefined];
const killed: number[] = [];
const { kill } = LinuxHost.prototype;
LinuxHost.prototype.kill = function (pid, signo) {
  if (signo === SIGKILL) killed.push(pid);
  return kill.call(this, pid, signo);
};
const world = new LinuxWorld();
if (stranger === undefined) runScenario(loadScenario(text, 'a.yaml').scenario!, () => world);
else world.end([Number(stranger)]);
console.log(JSON.stringify(killed));
