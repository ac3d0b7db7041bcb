/** How much may be written without blocking to a descriptor that others share, and that could not be opened anew. */

/** POLLOUT on a pipe promises that much, unless another writer comes first. */
export const PIPE_ROOM = 4096;
/**
 * On a terminal it promises less: a pseudo-terminal counts its room in blocks of that many bytes. Each run of
 * text, and each character that the terminal may turn into several (`\n` into `\r\n`), needs a block.
 */
const TERMINAL_ROOM = 256;
const [BACKSPACE, TAB, LF, CR] = [0x08, 0x09, 0x0a, 0x0d];

/** The end of the part of these bytes, from `at` on, that one write takes after POLLOUT. */
export function endOfRoom(bytes: Uint8Array, at: number, isTerminal: boolean): number {
  if (!isTerminal) return Math.min(bytes.length, at + PIPE_ROOM);
  const most = Math.min(bytes.length, at + TERMINAL_ROOM);
  let end = at;
  while (end < most && !isChanged(bytes[end]!)) end++;
  return Math.max(end, at + 1);
}

/** Whether a terminal may write it as several characters. */
function isChanged(byte: number): boolean {
  return byte === LF || byte === CR || byte === TAB || byte === BACKSPACE;
}
