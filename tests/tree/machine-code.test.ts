/** The machine code under src/host/linux, against the assembly in the comments beside it. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closeCode } from '../../src/host/linux/machine/close-code.ts';
import { maskCode } from '../../src/host/linux/machine/mask-code.ts';
import { read } from './files.ts';

const ASSEMBLERS = {
  x64: { command: 'as', flags: ['--64', '-msyntax=intel', '-mnaked-reg'], objcopy: 'objcopy' },
  arm64: { command: 'aarch64-linux-gnu-as', flags: [], objcopy: 'aarch64-linux-gnu-objcopy' },
} as const;
type Arch = keyof typeof ASSEMBLERS;

/** The instructions of a file, line by line. */
interface Listing {
  readonly bytes: readonly number[];
  readonly assembly: readonly string[];
}

/** `mov edi, 127 (why)` or `1: mov rax, [rbx]`, as the assembler takes it. */
function instruction(comment: string): string {
  return comment.replace(/\s*\([^)]*\)\s*$/, '').trim();
}

/** Lines such as `...[0x48, 0x89, 0xfb], // mov rbx, rdi` between two marks. */
function x64Listing(text: string): Listing {
  const lines = [...text.matchAll(/^\s*\.\.\.\[([^\]]*)\],\s*\/\/\s*(.*)$/gm)];
  return {
    bytes: lines.flatMap(([, bytes]) => bytes!.split(',').map(Number)),
    assembly: lines.map(([, , comment]) => instruction(comment!)),
  };
}

/** Lines such as `0xaa0003e9, // mov x9, x0`. */
function arm64Listing(text: string): Listing {
  const lines = [...text.matchAll(/^\s*(0x[0-9a-f]{8}),\s*\/\/\s*(.*)$/gm)];
  return {
    bytes: lines.flatMap(([, word]) => [...new Uint8Array(Uint32Array.of(Number(word)).buffer)]),
    assembly: lines.map(([, , comment]) => instruction(comment!)),
  };
}

function between(path: string, from: string, to: string): string {
  const text = read(path);
  const start = text.indexOf(from);
  const end = text.indexOf(to, start);
  if (start < 0 || end < 0) throw new Error(`${path} has no part from '${from}' to '${to}'`);
  return text.slice(start, end);
}

function assemble(arch: Arch, lines: readonly string[]): number[] {
  const { command, flags, objcopy } = ASSEMBLERS[arch];
  const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-as-'));
  try {
    const file = (name: string): string => join(dir, name);
    writeFileSync(file('code.s'), `${lines.join('\n')}\n`);
    execFileSync(command, [...flags, '-o', file('code.o'), file('code.s')]);
    execFileSync(objcopy, ['-O', 'binary', '-j', '.text', file('code.o'), file('code.bin')]);
    return [...readFileSync(file('code.bin'))];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function hasAssembler(arch: Arch): boolean {
  const { command, objcopy } = ASSEMBLERS[arch];
  const found = [command, objcopy].every((name) => spawnSync(name, ['--version']).status === 0);
  if (!found) {
    console.warn(`machine code of ${arch} is not assembled: no ${command} and ${objcopy} here`);
  }
  return found;
}

describe.skipIf(!hasAssembler('x64'))('x64', () => {
  const child = 'src/host/linux/machine/child-code.ts';

  it('the child before its execve', () => {
    const { bytes, assembly } = x64Listing(between(child, 'const X64', 'const ARM64'));
    expect(assembly.length).toBeGreaterThan(10);
    expect(bytes).toEqual(assemble('x64', assembly));
  });

  it.each([
    ['block', 'or', 5, 7],
    ['unblock', 'and', ~5, ~7],
  ] as const)('the mask: %s', (edit, op, lo, hi) => {
    if (process.arch !== 'x64') return;
    const value = (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0);
    const lines = [`movabs rax, ${value}`, `${op} [rdx + 296], rax`, 'ret'];
    expect([...maskCode(edit, { lo: 5, hi: 7 })!]).toEqual(assemble('x64', lines));
  });

  it("Node's loop on JavaScript's stack, and the probe of that stack", () => {
    const file = 'src/host/linux/machine/uv-run-code.ts';
    for (const [from, most] of [
      ['return Uint8Array.of(', 40],
      ['STACK_CODE: Uint8Array = Uint8Array.of(', 1],
    ] as const) {
      // Its first operand is an address, known only when it runs.
      const lines = between(file, from, ');\n').split('\n');
      const text = lines.filter((line) => !line.includes('imm64')).join('\n');
      const { bytes, assembly } = x64Listing(text.replace(/pop rbx; ret$/m, 'pop rbx\\nret'));
      expect(assembly.length).toBeGreaterThanOrEqual(Math.min(most, 25));
      const asm = assembly.flatMap((line) => line.split('\\n'));
      expect(bytes).toEqual(assemble('x64', asm));
    }
    expect(assemble('x64', ['movabs r11, 0x1122334455667788']).slice(0, 2)).toEqual([0x49, 0xbb]);
  });

  it('the end of a libuv handle with its thread', () => {
    if (process.arch !== 'x64') return;
    const [close, free] = [0x123456789abc, 0xdef0123456];
    const lines = [`movabs rax, ${close}`, `movabs rsi, ${free}`, 'jmp rax'];
    expect([...closeCode(close, free)!]).toEqual(assemble('x64', lines));
  });

  it('the gate of system calls', () => {
    const text = between('src/host/linux/machine/calls.ts', 'return Uint8Array.of(', ');\n}');
    // Its first operand is an address, known only when it runs.
    const lines = text.split('\n').filter((line) => !line.includes('imm64'));
    const { bytes, assembly } = x64Listing(
      lines.join('\n').replace(/syscall; ret$/m, 'syscall\\nret'),
    );
    expect(assembly.length).toBeGreaterThan(4);
    const asm = assembly.flatMap((line) => line.split('\\n'));
    expect(bytes).toEqual(assemble('x64', asm));
    expect([...assemble('x64', ['movabs r8, 0x1122334455667788']).slice(0, 2)]).toEqual([
      0x49, 0xb8,
    ]);
  });
});

describe.skipIf(!hasAssembler('arm64'))('arm64', () => {
  it('the child before its execve', () => {
    const child = 'src/host/linux/machine/child-code.ts';
    const { bytes, assembly } = arm64Listing(
      between(child, 'const ARM64', 'undefined on a machine'),
    );
    expect(assembly.length).toBeGreaterThan(10);
    expect(bytes).toEqual(assemble('arm64', assembly));
  });
});
