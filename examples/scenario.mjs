// Loads a scenario, runs it on the simulated kernel with several seeds, and prints
// which orders came out.
// Run it: node examples/scenario.mjs
import { formatProblem, loadScenario, runScenario, SimWorld } from 'qemu-loop/scenario';

const file = 'two-children.yaml';
const text = `
name: two children that may end in either order
children:
  slow: {exit: 1, after: 10ms}
  quick: {exit: 0, after: 9ms}
jitter: 2ms
steps: [{spawn: slow}, {spawn: quick}, run]
expect:
  children: {slow: {exit: 1}, quick: {exit: 0}}
`;

const { scenario, problems } = loadScenario(text, file);
if (scenario === null) {
  console.error(problems.map(formatProblem).join('\n'));
  process.exit(1);
}

const orders = new Map();
for (let seed = 1; seed <= 50; seed++) {
  const { status, order } = runScenario(scenario, (s) => new SimWorld(s), { seed });
  const reaps = order.map(({ text }) => text).filter((text) => text.includes('exited'));
  const key = `${status === 0 ? 'held' : 'failed'}: ${reaps.join(', ')}`;
  orders.set(key, (orders.get(key) ?? 0) + 1);
}
for (const [order, count] of [...orders].sort()) console.log(`${count} of 50 seeds ${order}`);
