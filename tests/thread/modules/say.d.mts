import type { Host } from '../../../src/host/host.ts';

export interface SharedLines {
  readonly next: Int32Array;
  readonly count: Int32Array;
  readonly lines: Uint8Array;
}

export function sayer(
  data: { readonly log: SharedLines },
  name: string,
  host: Host,
): (text: string) => void;
