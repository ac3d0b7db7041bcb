// Logs the signals that come, with their sender and value, until SIGTERM.
// Run it: node examples/signal-logger.mjs, and kill -USR1 the pid that it prints.
import {
  LinuxHost,
  MainLoop,
  SA_SIGINFO,
  SIGTERM,
  SIGUSR1,
  SIGUSR2,
  Signals,
  signalName,
} from 'qemu-loop';

const host = new LinuxHost();
const loop = new MainLoop({ host });
const signals = new Signals(loop, { signals: [SIGUSR1, SIGUSR2, SIGTERM] });

function log(signo, { ssi_pid, ssi_int }) {
  const sender = ssi_pid === host.getpid() ? 'this process' : `process ${ssi_pid}`;
  console.log(`${signalName(signo)} from ${sender}, value ${ssi_int}`);
  if (signo === SIGTERM) loop.quit();
}
for (const signo of signals.signals) {
  signals.sigaction(signo, { name: 'log', flags: SA_SIGINFO, handler: log });
}

console.log(`pid ${host.getpid()}: send SIGUSR1 or SIGUSR2, and SIGTERM to end`);
// --self sends them from here, so that the example ends by itself.
if (process.argv.includes('--self')) {
  host.sigqueue(host.getpid(), SIGUSR1, 42);
  host.kill(host.getpid(), SIGTERM);
}
loop.run();
for (const part of [signals, loop, host]) part.dispose();
