/** Names the sources in stacks: Node runs what was made of them (native-sources.ts). */

import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FRAME = /file:\/\/\S+\/qemu-loop-sources-[^/]+\/\S+\.mjs:(\d+):(\d+)/;
const INLINE = /sourceMappingURL=data:application\/json;base64,(\S+)/;

/** A line of a stack, with the file and line of the source. */
export function inSource(line: string): string {
  return line.replace(FRAME, (place, row: string, column: string) => {
    const path = fileURLToPath(place.slice(0, place.indexOf('.mjs') + '.mjs'.length));
    const map = INLINE.exec(readFileSync(path, 'latin1'))?.[1];
    if (map === undefined) return place;
    const made = new SourceMap(JSON.parse(Buffer.from(map, 'base64').toString()));
    const entry = made.findEntry(Number(row) - 1, Number(column) - 1);
    if (!('originalSource' in entry)) return place;
    return `${join(dirname(path), entry.originalSource)}:${entry.originalLine + 1}`;
  });
}
