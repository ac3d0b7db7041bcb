import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runAlone } from './own-process.ts';

describe.each(['clone', 'posix_spawn', 'clone, which is refused'])('children by %s', (spawnBy) => {
  // biome-ignore lint/suspicious/noExplicitAny: what spawn-child.ts prints, of a shape of its own at each key
  let report: any;

  beforeAll(async () => {
    const ended = await runAlone(join(import.meta.dirname, 'spawn-child.ts'), spawnBy);
    expect(ended).toMatchObject({ status: 0, signal: null, stderr: '' });
    report = JSON.parse(ended.stdout);
  });

  describe('LinuxHost.spawn', () => {
    it('swaps descriptors', () => {
      expect(report.swapped.theirs).toEqual(report.swapped.ours);
      expect(new Set(report.swapped.ours).size).toBe(2);
    });

    it("rotates three that are all in each other's way", () => {
      // The child's a is our second pipe, its b the third, its c the first.
      expect(report.rotated).toEqual(['C', 'A', 'B']);
    });

    it('keeps a descriptor open that already has its number', () => {
      expect(report.kept).toBe('kept');
    });

    it('hands over hundreds', () => {
      expect(report.many).toEqual({ refused: 'ENOTTY', text: '1 99 300 ' });
    });

    it('says why it could not', () => {
      expect(report.errors).toEqual({
        'no such path': 'ENOENT',
        'no such name': 'ENOENT',
        'empty name': 'ENOENT',
        'not executable': 'EACCES',
        'not executable, by PATH': 'EACCES',
        'through a file': 'ENOENT',
        'a directory': 'EACCES',
        'cwd gone': 'ENOTDIR',
        'cwd a file': 'ENOTDIR',
        'cwd empty': 'ENOTDIR',
        'cwd closed to us': 'ENOTDIR',
        'fd not open': 'EBADF',
        'no terminal': 'ENOTTY',
        'too long': 'E2BIG',
        'a NUL': 'EINVAL',
      });
    });

    it("looks for programs as execvp does, in the child's PATH", () => {
      expect(report.found).toEqual({
        "in the child's PATH": 'tool x',
        'after one not executable': 'tool x',
        'after one that is not there, at once': [0, 0, 0, 0, 0, 0],
        'not in ours': 'ENOENT',
        "relative to the child's directory": 'tool x',
        'by a relative PATH': 'tool x',
      });
    });

    it('hands over arguments, environment and directory', () => {
      expect(report.argv).toBe("a b||é€😀|'|");
      expect(report.env).toBe('1-zwei');
      expect(report.inherited).toBe('seen');
      expect(report.cwd[1]).toBe(report.cwd[0]);
    });

    it('starts with nothing blocked, nothing ignored, and no descriptors of ours', () => {
      expect(report.masks).toEqual(['SigBlk:', '0000000000000000', 'SigIgn:', '0000000000000000']);
      expect(report.fds).toEqual(report.inheritable);
    });

    it('leaves signals ignored, and asks for one when we die, if it can', () => {
      const byClone = { ignored: 'SigIgn:\t0000000000001001', pdeathsig: 'up' };
      const { ignored, pdeathsig } = report;
      expect({ ignored, pdeathsig }).toEqual(
        spawnBy === 'clone' ? byClone : { ignored: 'ENOSYS', pdeathsig: 'ENOSYS' },
      );
    });

    it('gives it other ids, if it can and may', () => {
      const root = {
        user: '12345, 0, 0',
        all: '12345, 23456, 23456 7 4000000000',
        groups: '0, 0, 0 8',
        many: [0, 0, 0, 0, 0],
        'as nobody': 'EPERM',
        dumpable: 1,
      };
      const uid = process.getuid!();
      const own = uid === 0 ? root : expect.stringMatching(`^${uid}, `);
      expect(report.ids).toEqual(spawnBy === 'clone' ? own : 'ENOSYS');
    });

    it.runIf(spawnBy === 'clone')('ends a child with other ids when its parent dies', (context) => {
      if (process.getuid!() !== 0) context.skip('only root may give a child other ids');
      const CLD_KILLED = 2;
      expect(report.userOfDeadParent).toEqual([0, CLD_KILLED, 9]);
    });

    it('ends a child before its program starts if we died before it asked for a signal', () => {
      expect(report.orphanedAtStart).toBe(spawnBy === 'clone' ? '0 127' : '');
    });

    it('hands on the standard descriptors that are open, and no others', () => {
      expect(report.plain).toEqual({ open: 3, closed: 4, many: [0, 1, 2] });
    });

    it('leaves no child, no descriptor, and no signal blocked', () => {
      expect(report.blocked).toEqual([]);
      expect(report.children).toEqual([]);
      expect(report.leaked).toBe(0);
    });
  });

  describe('linuxProgram', () => {
    it.each([
      [0, 15],
      [1, 2],
      [2, 9],
    ])(
      'a child that waits dies at once of a signal, and its output ends with it (%#)',
      (i, signo) => {
        expect(report.killed[i]).toEqual({ end: [2, signo], hangup: true });
      },
    );
  });
});
