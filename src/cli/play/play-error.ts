/** The file, the order or the program cannot be run. */
export class PlayError extends Error {
  override readonly name = 'PlayError';
}
