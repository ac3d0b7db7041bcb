/** A log whose file fails for a while goes on: its lines stay whole, and one says what is lost. */

import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fifo } from '../../support/fifo.ts';
import { unshare } from '../../support/needs.ts';
import { jsonLines, type Running, shell, start, stateOf, untilTrue } from '../../support/run.ts';
import { QL, testDirectory } from '../../support/terminal.ts';

const CHILD =
  "process.on('SIGHUP', () => console.log('got')); setInterval(() => {}, 1e6); console.log('ready');";

test('a pipe whose reader goes away goes on with the next one', async () => {
  const path = fifo();
  const first = reader(path);
  const log = ['--log-format', 'json', '--log-file', path];
  const running = start([...log, '--', process.execPath, '-e', CHILD]);
  await running.until(/ready/);
  await hangUps(running, 1);
  const begin = first.end();
  await hangUps(running, 3);
  const second = reader(path);
  await hangUps(running, 5);
  running.kill('SIGTERM');
  expect(await running.end()).toMatchObject({ status: 143, stderr: '' });
  expect(jsonLines(begin)[0]).toMatchObject({ event: 'child_spawn' });
  const lines = jsonLines(second.end());
  const [lost] = lines;
  expect(lost).toMatchObject({ level: 40, event: 'log_lost' });
  expect(lost!.msg).toMatch(/^\d parts? of the log (is|are) lost here$/);
  expect(lines.filter(({ event }) => event === 'log_lost')).toHaveLength(1);
  expect(lines.at(-1)).toMatchObject({ event: 'summary', status: 143 });
});

test('a disk that was full: the line that it has cut ends, and the log goes on', async (context) => {
  const disk = testDirectory();
  const log = join(disk, 'log');
  // One page is left for the log, which events soon fill.
  const child = `until [ $(wc -c <${log}) = 4096 ]; do kill -URG $PPID; done; rm ${disk}/full; exit 4`;
  const script = [
    `mount -t tmpfs -o size=512k none ${disk}`,
    `head -c ${512 * 1024 - 4096} /dev/zero >${disk}/full`,
    `${QL} -vv --log-format json --log-file ${log} --spawn '${child}'; echo status $? >&2; cat ${log}`,
  ].join('; ');
  const { stdout, stderr } = await shell(
    `${unshare(context, '--mount')} sh -c "${script.replaceAll('$', '\\$')}"`,
  );
  expect(stderr).toBe('status 4\n');
  const lines = stdout.trimEnd().split('\n');
  const whole = lines.filter((line) => line.endsWith('}'));
  expect(lines.length - whole.length).toBeLessThanOrEqual(1);
  const events = jsonLines(whole.join('\n')).map(({ event }) => event);
  expect(events.filter((event) => event === 'log_lost')).toHaveLength(1);
  expect(events.at(-1)).toBe('summary');
});

test('a file that is too long: one line says so, and a new one of its name goes on', async () => {
  const path = join(testDirectory(), 'log');
  // A block is 512 bytes for dash, and 1,024 for others.
  const child = `ulimit -f unlimited 2>/dev/null; until [ $(wc -c <${path}) -ge 512 ]; do :; done; mv ${path} ${path}.1; exit 4`;
  const { status, stderr } = await shell(
    `ulimit -f 1; exec ${QL} -v --log-file ${path} --log-format json --spawn '${child}'`,
  );
  expect(status).toBe(4);
  expect(stderr).toMatch(/^qemu-loop: the log \S+ ends here: File too large \(EFBIG\)\n$/);
  // The new one soon is as long.
  const lost = JSON.parse(readFileSync(path, 'utf8').split('\n')[0]!);
  expect(lost).toMatchObject({ level: 40, event: 'log_lost' });
});

test.each(['native', 'compat'])('nor is SIGXFSZ for it passed on: --sigfd %s', async (sigfd) => {
  const path = join(testDirectory(), 'log');
  // Real-time signals come after the others.
  const traps = "trap 'exit 9' XFSZ; trap 'exit 3' 40";
  const child = `${traps}; until [ $(wc -c <${path}) -ge 512 ]; do :; done; kill -40 $PPID; while :; do sleep 0.02; done`;
  const traced = '--trace-file json:/dev/stdout --trace signalfd_record';
  const { status, stdout } = await shell(
    `ulimit -f 1; exec ${QL} --sigfd ${sigfd} -v --log-file ${path} ${traced} -- /bin/sh -c "${child.replaceAll('$', '\\$')}"`,
  );
  expect(status).toBe(3);
  // Each try to write on would send another.
  expect(stdout.match(/"signo":25,/g)).toHaveLength(1);
});

/** Has the child hung up until it has said so that many times; the log is written before the loop sleeps. */
async function hangUps(running: Running, times: number): Promise<void> {
  for (let i = running.stdout.split('got').length; i <= times; i++) {
    running.kill('SIGHUP');
    await running.until(new RegExp(`(got\n){${i}}`));
    await untilTrue(() => stateOf(running.pid) === 'S');
  }
}

/** Opens a pipe for reading at once. `end` closes it, and returns all that has come. */
function reader(path: string): { end(): string } {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  onTestFinished(close);
  return {
    end() {
      const chunks: Buffer[] = [];
      const buffer = Buffer.alloc(64 * 1024);
      try {
        for (let n = readSync(fd, buffer); n > 0; n = readSync(fd, buffer)) {
          chunks.push(Buffer.from(buffer.subarray(0, n)));
        }
      } catch {
        // Nothing more has come.
      }
      close();
      return Buffer.concat(chunks).toString();
    },
  };
}
