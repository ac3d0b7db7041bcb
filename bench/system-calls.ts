import { SYSTEM_CALL } from './recorded.ts';
import { middle, type Result, ratioTo } from './result.ts';

const WITH_CALLS = /^(?:a )?system calls?:/;
const WITHOUT = /^V8/;

/**
 * Lines about the price of system calls on this machine, so that figures of different machines can be
 * read: where each call empties the TLB, rows with calls are slower against QEMU than rows without.
 */
export function systemCallNotes(results: readonly Result[]): string[] {
  return [...priceOfCall(results), ...ratioOfRows(results)];
}

function priceOfCall(results: readonly Result[]): string[] {
  const result = results.find(({ name }) => name === SYSTEM_CALL);
  if (result === undefined) return [];
  const ours = middle(result, 'ours');
  const plain = middle(result, 'c') ?? middle(result, 'qemu');
  if (plain === undefined || ours === undefined) return [];
  return [
    `One system call takes ${plain.toFixed(0)} ns here, and ${ours.toFixed(0)} ns from JavaScript.`,
  ];
}

function ratioOfRows(results: readonly Result[]): string[] {
  const [calls, plain] = [meanRatio(results, WITH_CALLS), meanRatio(results, WITHOUT)];
  if (calls === undefined || plain === undefined) return [];
  return [
    `Against QEMU here rows with system calls take ${calls.toFixed(2)} times as long, rows without ` +
      `${plain.toFixed(2)} (geometric means): with to without is ${(calls / plain).toFixed(2)}. It is larger where ` +
      'each system call empties the TLB.',
  ];
}

function meanRatio(results: readonly Result[], limit: RegExp): number | undefined {
  const ratios = results
    .filter((result) => limit.test(result.limit ?? '') && result.name !== SYSTEM_CALL)
    .map((result) => ratioTo(result, 'qemu'))
    .filter((ratio) => ratio !== undefined);
  if (ratios.length === 0) return undefined;
  return Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
}
