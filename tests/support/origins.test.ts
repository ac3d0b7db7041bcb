import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { EventNotifier } from '../../src/aio/event-notifier.ts';
import { O_CLOEXEC } from '../../src/host/constants.ts';
import { SimHost } from '../../src/host/sim/sim-host.ts';
import { Tracer } from '../../src/trace/tracer.ts';
import { follow, followListeners, followSinks, Origins } from './origins.ts';

it('names what is left, with the stack that took it', () => {
  const host = new SimHost();
  const origins = follow(host);
  const notifier = new EventNotifier(host);
  const listener = host.onClose(() => {});
  expect(origins.left).toMatch(
    /^descriptor \d+, taken\n.*new EventNotifier .*src\/aio\/event-notifier\.ts:\d+\)\n[\s\S]*origins\.test\.ts/,
  );
  expect(origins.left).toMatch(/a close listener, taken\n.*origins\.test\.ts/);
  notifier.dispose();
  listener.dispose();
  expect(origins.left).toBe('');
});

it('follows both ends of a pipe', () => {
  const host = new SimHost();
  const origins = follow(host);
  const ends = [-1, -1];
  host.pipe2(ends, O_CLOEXEC);
  host.close(ends[0]!);
  expect(origins.left).toMatch(new RegExp(`^descriptor ${ends[1]}, taken`));
  host.close(ends[1]!);
  expect(origins.left).toBe('');
});

it('follows sinks and listeners', () => {
  const origins = new Origins();
  const tracer = new Tracer(() => 0);
  followSinks(tracer, origins);
  const emitter = new EventEmitter() as NodeJS.Process;
  followListeners(emitter, origins);
  const sink = tracer.attach(['aio_notify'], () => {});
  const listener = (): void => {};
  emitter.on('exit', listener);
  expect(origins.left).toMatch(/^a sink of a trace, taken\n.*\n[\s\S]*origins\.test\.ts/);
  expect(origins.left).toMatch(/a listener of 'exit', taken\n.*origins\.test\.ts/);
  sink.dispose();
  emitter.off('exit', listener);
  expect(origins.left).toBe('');
  emitter.once('exit', listener);
  emitter.removeListener('exit', listener);
  emitter.once('exit', listener);
  expect(origins.left).toMatch(/^a listener of 'exit', taken\n/);
  emitter.emit('exit', 0);
  expect(origins.left).toBe('');
});

it('tells what is left once', () => {
  const origins = new Origins();
  origins.take(1, 'descriptor 1');
  expect(origins.takeLeft()).toMatch(/^descriptor 1, taken\n/);
  expect(origins.takeLeft()).toBe('');
});
