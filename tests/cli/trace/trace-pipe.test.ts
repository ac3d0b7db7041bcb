import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TracePipe } from '../../../src/cli/trace/trace-pipe.ts';
import { LinuxHost } from '../../../src/host/linux/linux-host.ts';
import { EV, EVENT_NAMES } from '../../../src/trace/catalogue.ts';
import { MAIN_THREAD } from '../../../src/trace/thread.ts';
import { fifo } from '../../support/fifo.ts';
import { jsonLines, run, start } from '../../support/run.ts';

/** Its other end, which nobody reads until read() does. */
class Reader {
  readonly #fd: number;
  #open = true;

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    onTestFinished(() => this.close());
  }

  fill(): void {
    try {
      for (;;) writeSync(this.#fd, Buffer.alloc(4096, '\n'));
    } catch {
      // It is full.
    }
  }

  read(): string {
    const bytes = Buffer.alloc(1024 * 1024);
    try {
      return bytes.toString('utf8', 0, readSync(this.#fd, bytes));
    } catch {
      return '';
    }
  }

  close(): void {
    if (this.#open) closeSync(this.#fd);
    this.#open = false;
  }
}

describe('a trace to a pipe', () => {
  test('that nobody reads holds up neither signals, nor reaping, nor the grace', async () => {
    const path = fifo();
    new Reader(path).fill();
    const child = 'trap "echo got" HUP; trap "" TERM; echo ready; while :; do sleep 0.05; done';
    const args = ['-q', '--grace', '300ms', '--trace-file', `json:${path}`, '--spawn', child];
    const running = start(args);
    await running.until(/ready/);
    for (let i = 1; i <= 5; i++) {
      running.kill('SIGHUP');
      await running.until(new RegExp(`(got\n){${i}}`));
    }
    running.kill('SIGTERM');
    const { status, stderr } = await running.end();
    expect(status).toBe(137);
    expect(stderr).toMatch(
      /^qemu-loop: the trace .*\/fifo was not read in time: \d+ events are lost\n$/,
    );
    expect(Number(/(\d+) events/.exec(stderr)![1])).toBeGreaterThan(50);
  });

  test('that nobody opens is reported, and ends nobody', async () => {
    const path = fifo();
    const args = ['-q', '--grace', '50ms', '--trace-file', `log:${path}`, '--spawn', 'exit 3'];
    const { status, stderr } = await run(args);
    expect(status).toBe(3);
    expect(stderr).toMatch(
      /^qemu-loop: the trace .*\/fifo was not opened by anybody: \d+ events .*\n$/,
    );
  });

  test('is whole for a reader that comes late', async () => {
    const path = fifo();
    const args = ['-q', '--trace-file', `json:${path}`, '--spawn', 'echo ready; read x; exit 3'];
    const running = start(args);
    await running.until(/ready/);
    const text = readFile(path, 'utf8');
    running.child.stdin?.end('\n');
    const lines = jsonLines(await text);
    expect(lines[0]).toMatchObject({ event: 'aio_set_fd_handler' });
    expect(lines.some(({ event }) => event === 'child_reap')).toBe(true);
    expect(await running.end()).toMatchObject({ status: 3, stderr: '' });
  });

  test('a second SIGINT does not wait for the reader', async () => {
    const path = fifo();
    new Reader(path).fill();
    const args = ['--grace', '1h', '--trace-file', `json:${path}`, '--spawn', 'exit 3'];
    const running = start(args);
    await running.until(/exit status 3/, 'stderr');
    running.kill('SIGINT');
    const { status, stderr } = await running.end();
    expect(status).toBe(3);
    expect(stderr).toMatch(/was not read in time: \d+ events are lost\n$/);
  });

  test('the events written and the events lost are all events, and the trace says where some are lost', () => {
    const path = fifo();
    const reader = new Reader(path);
    const host = new LinuxHost();
    const pipe = new TracePipe(host, { path, format: 'json' }, { pid: 1, tid: 1, epochUs: 0 });
    const sink = pipe.sinkOf(MAIN_THREAD);
    const many = 60_000;
    for (let i = 0; i < many; i++) sink(EV.aio_notify, i, 1, 0, 0, 0);
    let text = '';
    const readAll = (): void => {
      for (let more = ''; ; text += more) {
        pipe.flush();
        more = reader.read();
        if (more === '') break;
      }
    };
    readAll();
    sink(EV.aio_notify, many, 1, 0, 0, 0);
    pipe.end();
    readAll();
    const [problem] = pipe.close();
    host.dispose();
    const lines = jsonLines(text);
    const gaps = lines.filter(({ event }) => event === 'dropped');
    const written = lines.length - gaps.length;
    const lost = Number(/in time: (\d+) events are lost/.exec(problem!)![1]);
    expect(lost).toBeGreaterThan(10_000);
    expect(written + lost).toBe(many + 1);
    expect(gaps).toEqual([expect.objectContaining({ count: lost, ns: many })]);
    expect(lines.at(-1)).toMatchObject({ event: EVENT_NAMES[EV.aio_notify], ns: many });
  });
});
