/** The state of the page in the fragment of its address. */

export interface Shared {
  /** A story's path, if the text is the story's own. */
  readonly story: string | null;
  readonly text: string | null;
  readonly at: number;
  readonly seed: number | null;
  /** The order that is played. */
  readonly schedule: string | null;
  readonly weaknesses: readonly string[];
  /** The barrier that the explorer leaves out; '' for none. */
  readonly barrier: string;
}

/** Reads an address's fragment. A text that cannot be read counts as none. */
export async function readShared(hash: string): Promise<Shared> {
  const params = new URLSearchParams(hash.replace(/^#/, ''));
  const packed = params.get('text');
  const seed = params.get('seed');
  return {
    story: params.get('story'),
    text: packed === null ? null : await unpacked(packed).catch(() => null),
    at: Math.max(0, (Number(params.get('at')) || 1) - 1),
    seed: seed === null || !/^\d+$/.test(seed) ? null : Number(seed),
    schedule: params.get('order'),
    weaknesses: (params.get('without') ?? '').split(',').filter((word) => word !== ''),
    barrier: params.get('barrier') ?? '',
  };
}

/** The fragment for a state. */
export async function writeShared(shared: Shared): Promise<string> {
  const { story, text, at, seed, schedule, weaknesses, barrier } = shared;
  const params = new URLSearchParams();
  if (story !== null) params.set('story', story);
  else if (text !== null) params.set('text', await packed(text));
  if (at > 0) params.set('at', String(at + 1));
  if (seed !== null) params.set('seed', String(seed));
  if (schedule !== null) params.set('order', schedule);
  if (weaknesses.length > 0) params.set('without', weaknesses.join());
  if (barrier !== '') params.set('barrier', barrier);
  return `#${params}`;
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: GenericTransformStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Blob([bytes])
    .stream()
    .pipeThrough(stream as ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>);
  return new Uint8Array(await new Response(out).arrayBuffer());
}

async function packed(text: string): Promise<string> {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function unpacked(text: string): Promise<string> {
  const bytes = base64(text.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder('utf-8', { fatal: true }).decode(
    await through(bytes, new DecompressionStream('deflate-raw')),
  );
}

function base64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** The text of a block of the page that holds gzip in base64. */
export async function packedBlock(id: string): Promise<string> {
  const { textContent } = document.getElementById(id)!;
  return new TextDecoder().decode(
    await through(base64(textContent.trim()), new DecompressionStream('gzip')),
  );
}
