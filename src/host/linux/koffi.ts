import real from 'koffi';

/**
 * koffi, or a stand-in that binds nothing: the library can be imported on every system, and the real host
 * refuses to be made there.
 */
const koffi = process.platform === 'linux' ? real : standIn();

export default koffi;

function standIn(): typeof real {
  const func = () => () => 0;
  const view = (_address: unknown, bytes: number) => new ArrayBuffer(bytes);
  return { load: () => ({ func }), view, address: () => 0 } as unknown as typeof real;
}
