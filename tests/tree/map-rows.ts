import { read } from './files.ts';

/** A row of docs/qemu-map.md. */
export interface MapRow {
  /** QEMU 7.2's name. */
  readonly qemu: string;
  /** The change in 11; empty for none. */
  readonly eleven: string;
  readonly symbol: string;
  readonly file: string;
}

export function mapRows(): MapRow[] {
  const row = /^\| `([^`]+)` \|( [^|]+)? \| `([^`]+)` \| (\S+) \|$/gm;
  return [...read('docs/qemu-map.md').matchAll(row)].map(([, qemu, eleven, symbol, file]) => ({
    qemu: qemu!,
    eleven: eleven?.trim() ?? '',
    symbol: symbol!,
    file: file!,
  }));
}
