import { describe, expect, it } from 'vitest';
import { EV, EVENT_NAMES } from '../../src/trace/catalogue.ts';
import { formatEvent, Tracer } from '../../src/trace/tracer.ts';
import { attach } from '../support/sinks.ts';

/** Arguments that a sink is handed, whatever the event has. */
const TRACE_SLOTS = 8;

describe('Tracer', () => {
  it('turns an event on only while a sink wants it', () => {
    const tracer = new Tracer();
    expect([...tracer.on].some((on) => on !== 0)).toBe(false);
    const one = tracer.attach(['timer_del', 'aio_notify'], () => {});
    const two = tracer.attach(['timer_del'], () => {});
    const on = (): string[] => EVENT_NAMES.filter((name) => tracer.on[EV[name]] !== 0).sort();
    expect(on()).toEqual(['aio_notify', 'timer_del']);
    one.dispose();
    one.dispose();
    expect(on()).toEqual(['timer_del']);
    two.dispose();
    expect(on()).toEqual([]);
  });

  it('hands an event to each sink that wants it, with the time and all arguments', () => {
    let now = 5;
    const tracer = new Tracer(() => now++);
    const seen: unknown[] = [];
    attach(tracer, ['fd_handler_end'], (...event) => seen.push(['one', ...event]));
    attach(tracer, ['fd_handler_end', 'timer_del'], (...event) => seen.push(['two', ...event]));
    tracer.emit(EV.fd_handler_end, 'io0', 7, 'x');
    tracer.emit(EV.timer_del, 't');
    const rest = Array(TRACE_SLOTS - 3).fill(undefined);
    expect(seen).toEqual([
      ['one', EV.fd_handler_end, 5, 'io0', 7, 'x', ...rest],
      ['two', EV.fd_handler_end, 5, 'io0', 7, 'x', ...rest],
      ['two', EV.timer_del, 6, 't', undefined, undefined, ...rest],
    ]);
  });

  it('tells the CPU time behind a poll or a callback, at most once in a ms, if somebody wants it', () => {
    let [now, reads] = [5e6, 0];
    const tracer = new Tracer(
      () => now,
      undefined,
      () => 100 * ++reads,
    );
    const at = (ns: number): void => {
      now = ns;
      tracer.emit(EV.poll_return, 'ppoll', 1, '7');
    };
    tracer.attach(['poll_return', 'timer_del'], () => {}).dispose();
    const deaf = tracer.attach(['poll_return'], () => {});
    at(5e6);
    expect(reads).toBe(0);
    deaf.dispose();
    const seen: unknown[] = [];
    attach(tracer, EVENT_NAMES, (id, ns, value) => seen.push([EVENT_NAMES[id], ns, value]));
    at(5e6);
    at(5.5e6);
    tracer.emit(EV.timer_del, 't');
    now = 6e6;
    tracer.emit(EV.timer_call_end, 't');
    expect(seen.filter((event) => (event as unknown[])[0] === 'thread_cputime')).toEqual([
      ['thread_cputime', 5e6, 100],
      ['thread_cputime', 6e6, 200],
    ]);
    expect(() => new Tracer(undefined, undefined, 3 as never)).toThrow(TypeError);
  });

  it('a sink that leaves in the middle of an event does not disturb the others', () => {
    const tracer = new Tracer();
    const seen: string[] = [];
    const first = tracer.attach(['timer_del'], () => {
      seen.push('first');
      first.dispose();
    });
    attach(tracer, ['timer_del'], () => seen.push('second'));
    tracer.emit(EV.timer_del, 't');
    tracer.emit(EV.timer_del, 't');
    expect(seen).toEqual(['first', 'second', 'second']);
  });

  it('two tracers share nothing', () => {
    const [one, two] = [new Tracer(), new Tracer()];
    attach(one, EVENT_NAMES, () => {});
    expect([...two.on].some((on) => on !== 0)).toBe(false);
  });
});

describe('formatEvent', () => {
  it('puts the arguments into their places in the format', () => {
    expect(formatEvent(EV.poll_add, ['io0', 2, 7, 17])).toBe('ctx io0 node 0x2 fd 7 revents 0x11');
    expect(formatEvent(EV.main_loop_phase, ['poll'])).toBe('phase poll');
    expect(formatEvent(EV.run_poll_handlers_begin, ['io0', -1, 4000])).toBe(
      'ctx io0 max_ns -1 timeout 4000',
    );
  });

  it('prints null pointers, and negative numbers in hexadecimal, as C does', () => {
    expect(formatEvent(EV.qemu_coroutine_yield, [5, 0])).toBe('from 0x5 to (nil)');
    expect(formatEvent(EV.sigaction_lookup, [17, 'x', -1])).toBe(
      'signo 17 disposition x flags 0xffffffff',
    );
  });

  it('leaves a text that looks like a conversion as it is', () => {
    expect(formatEvent(EV.timer_del, ['%d'])).toBe('timer %d');
  });
});
