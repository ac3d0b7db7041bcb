import { describe, expect, it } from 'vitest';
import * as lib from '../../src/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: wrong values are the point
type Any = any;

const noop = (): void => {};
const host = new lib.SimHost();
const loop = new lib.MainLoop({ host });
const signals = new lib.Signals(loop, { signals: [lib.SIGCHLD] });
const machine = { host } as Any;
const address = { host: '127.0.0.1', port: 0 };
const request = { file: 'true', argv: ['true'] };
const onConnection = noop;

/** Each public function with options, by its name in errors: a call, and options that are right so far. */
const CALLS: Record<string, { call: (options: Any) => unknown; right: object }> = {
  SimHost: { call: (o) => new lib.SimHost(o), right: {} },
  LinuxHost: { call: (o) => new lib.LinuxHost(o), right: {} },
  MainLoop: { call: (o) => new lib.MainLoop(o), right: { host } },
  run: { call: (o) => loop.run(o), right: {} },
  AioContext: { call: (o) => new lib.AioContext(o), right: { host } },
  aio_set_fd_handler: { call: (o) => loop.setFdHandler(0, o), right: {} },
  aio_set_event_notifier: {
    call: (o) => loop.context.setEventNotifier(new lib.EventNotifier(host), o),
    right: {},
  },
  Signals: { call: (o) => new lib.Signals(loop, o), right: { signals: [lib.SIGUSR2] } },
  ChildWatch: { call: (o) => new lib.ChildWatch(o).dispose(), right: { loop, signals } },
  spawn: { call: (o) => host.spawn(o), right: request },
  MachineState: { call: (o) => new lib.MachineState(o), right: { host } },
  IOThread: { call: (o) => new lib.IOThread(o), right: { machine, name: 'io' } },
  PlainThread: { call: (o) => new lib.PlainThread(o), right: { machine, name: 't' } },
  QemuThread: { call: (o) => new lib.QemuThread(o), right: { machine, name: 't' } },
  ThreadPool: {
    call: (o) => new lib.ThreadPool(o),
    right: { machine, context: loop.context },
  },
  Vm: { call: (o) => new lib.Vm(o), right: { machine } },
  VCpu: { call: (o) => new lib.VCpu(o), right: { vm: { machine }, name: 'cpu' } },
  Listener: { call: (o) => new lib.Listener(o), right: { loop, address, onConnection } },
  connect: { call: (o) => lib.connect(o), right: { loop, address } },
  adoptFd: { call: (o) => lib.adoptFd(o), right: { loop, fd: 3 } },
};

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  return 'no error';
}

describe.each(Object.entries(CALLS))('%s', (name, { call, right }) => {
  it('names an option that does not exist, with those that do or the nearest', () => {
    const message = messageOf(() => call({ ...right, xyzzyXyzzy: 1 }));
    expect(message).toMatch(new RegExp(`^${name}: there is no option 'xyzzyXyzzy': expected \\w+`));
  });

  it('takes an undefined one as left out', () => {
    expect(messageOf(() => call({ ...right, xyzzyXyzzy: undefined }))).not.toContain('xyzzy');
  });
});

/** A misspelled option of each kind, and a wrong value of each kind of value. */
const WRONG: readonly (readonly [name: string, options: object, message: string])[] = [
  ['IOThread', { pollMaxNS: 5 }, "there is no option 'pollMaxNS': did you mean 'pollMaxNs'?"],
  ['MainLoop', { fdMon: 'poll' }, "there is no option 'fdMon': did you mean 'fdmon'?"],
  ['aio_set_fd_handler', { onRead: noop }, "there is no option 'onRead': did you mean 'ioRead'?"],
  ['spawn', { arguments: [] }, "there is no option 'arguments': expected file, argv, env,"],
  ['SimHost', { seed: '7' }, "option 'seed' is '7': expected a number"],
  ['SimHost', { startNs: Number.NaN }, "option 'startNs' is NaN: expected a number"],
  ['LinuxHost', { callBy: 'x' }, "option 'callBy' is 'x': expected gate or libc"],
  ['MainLoop', { edges: 'no' }, "option 'edges' is 'no': expected true or false"],
  ['MainLoop', { trace: {} }, "option 'trace' is an object without emit(): expected a Tracer"],
  ['MainLoop', { trace: 5 }, "option 'trace' is 5: expected a Tracer"],
  ['run', { node: 'yes' }, "option 'node' is 'yes': expected true or false"],
  ['AioContext', { clocks: {} }, "option 'clocks' is an object without nowNs(): expected Clocks"],
  ['AioContext', { edges: 1 }, "option 'edges' is 1: expected true or false"],
  ['ChildWatch', { stops: 1 }, "option 'stops' is 1: expected true or false"],
  ['ChildWatch', { adopts: 'x' }, "option 'adopts' is 'x': expected true or false"],
  ['ChildWatch', { onOrphan: {} }, "option 'onOrphan' is an object: expected a function"],
  ['spawn', { setsid: 1 }, 'setsid of true is 1: expected true or false'],
  ['MachineState', { loop: {} }, "option 'loop' is an object without setFdHandler(): expected a M"],
  ['MachineState', { fairLock: 1 }, "option 'fairLock' is 1: expected true or false"],
  ['MachineState', { trace: noop }, "option 'trace' is a function: expected a Tracer"],
  ['IOThread', { name: 5 }, "option 'name' is 5: expected a string"],
  ['IOThread', { internal: 1 }, "option 'internal' is 1: expected true or false"],
  ['IOThread', { onError: 1 }, "option 'onError' is 1: expected a function"],
  ['IOThread', { transfer: {} }, "option 'transfer' is an object: expected an array of objects"],
  ['PlainThread', { onError: 1 }, "option 'onError' is 1: expected a function"],
  ['QemuThread', { context: 5 }, "option 'context' is 5: expected an AioContext"],
  ['QemuThread', { machine: 5 }, "option 'machine' is 5: expected a MachineState"],
  ['VCpu', { signal: 99 }, "option 'signal' is 99: expected an integer from 0 to 64"],
  ['VCpu', { onError: 1 }, "option 'onError' is 1: expected a function"],
  ['connect', { timeoutMs: 'x' }, "option 'timeoutMs' is 'x': expected an integer"],
  ['connect', { address: { path: 3 } }, 'the path is 3: expected a string'],
  ['adoptFd', { take: 1 }, "option 'take' is 1: expected true or false"],
  ['adoptFd', { onConnection: 1 }, "option 'onConnection' is 1: expected a function"],
];

it.each(WRONG)('%s with %o says so in one line', (name, options, message) => {
  const { call, right } = CALLS[name]!;
  expect(messageOf(() => call({ ...right, ...options }))).toContain(`${name}: ${message}`);
});

it.each([
  [{ signal: 'x' }, "runAsync: option 'signal' is 'x': expected an AbortSignal"],
  [{ signal: {} }, "runAsync: option 'signal' is an object without addEventListener()"],
  [{ sginal: 1 }, "runAsync: there is no option 'sginal': did you mean 'signal'?"],
])('runAsync with %o is rejected with one line', async (options, message) => {
  await expect(loop.runAsync(options as never)).rejects.toThrow(message);
});

it('spawnPiped, spawn and spawnAll name what is wrong in what they are given', () => {
  const watch = new lib.ChildWatch({ loop, signals });
  const piped = (more: object) => (): unknown =>
    lib.spawnPiped({ loop, watch, request, ...more } as never);
  const messages = [
    piped({ stdOut: 'pipe' }),
    piped({ stdout: { online: noop } }),
    piped({ stdout: { onLine: 5 } }),
    piped({ onStatus: 5 }),
    piped({ name: 5 }),
    piped({ request: { ...request, detached: true } }),
    () => watch.spawn(request, 'x', { onExit: noop } as never),
    () => watch.spawnAll([{ request, name: 5 }] as never),
    () => watch.spawnAll([{ request, nam: 'x' }] as never),
  ].map(messageOf);
  watch.dispose();
  expect(messages).toEqual([
    "spawnPiped: there is no option 'stdOut': did you mean 'stdout'?",
    "spawnPiped: stdout: there is no option 'online': did you mean 'onLine'?",
    "spawnPiped: stdout: option 'onLine' is 5: expected a function",
    "spawnPiped: option 'onStatus' is 5: expected a function",
    "spawnPiped: option 'name' is 5: expected a string",
    expect.stringMatching(/^spawn: there is no option 'detached': expected file, argv/),
    expect.stringMatching(/^ChildWatch: there is no option 'onExit': /),
    "spawnAll: option 'name' is 5: expected a string",
    "spawnAll: there is no option 'nam': did you mean 'name'?",
  ]);
});

it('Connection.start names a misspelled one', () => {
  const connection = lib.connect({ loop, address });
  expect(() => connection.start({ onLine: noop, idelMs: 5 } as never)).toThrow(
    "Connection.start: there is no option 'idelMs': did you mean 'idleMs'?",
  );
  connection.dispose();
});

it('a misspelled option that is needed is named', () => {
  const signal = [lib.SIGUSR2];
  const wrong: [() => unknown, string][] = [
    [() => new lib.Signals(loop, { signal } as Any), "Signals: there is no option 'signal': did"],
    [() => new lib.ChildWatch({ loop, signal } as Any), "ChildWatch: there is no option 'signal'"],
    [
      () => new lib.MainLoop({ Host: host } as Any),
      "there is no option 'Host': did you mean 'host'?",
    ],
    [() => new lib.MainLoop({ trace: 1 } as Any), "MainLoop: option 'host' is undefined"],
  ];
  for (const [call, error] of wrong) expect(call).toThrow(error);
});
