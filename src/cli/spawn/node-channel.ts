import type { Host } from '../../host/host.ts';
import { Proc } from '../../host/proc.ts';

const FD = 'NODE_CHANNEL_FD';
const MODE = 'NODE_CHANNEL_SERIALIZATION_MODE';

/** Node's internal object for its end, under a symbol of that name. */
interface Handle {
  readStop(): void;
  close(): void;
}

/**
 * The channel of a parent that started us by node:child_process with `ipc`. It is meant for the
 * program that we run, but Node has taken it, and removed its variables from the environment.
 */
export class NodeChannel {
  /** The descriptor that the children inherit. */
  readonly fd: number;
  readonly #handle: Handle;

  private constructor(fd: number, handle: Handle) {
    this.fd = fd;
    this.#handle = handle;
  }

  /**
   * Stops Node from reading it, and announces it to the children in our environment. Returns null
   * if there is none, or if this Node keeps it differently. Call it before Node's loop runs, which
   * might read messages for the children.
   */
  static take(host: Host): NodeChannel | null {
    const fd = (process.channel as { fd?: number } | undefined)?.fd;
    const handle = handleOf();
    if (fd === undefined || handle === undefined) return null;
    handle.readStop();
    process.env[FD] = String(fd);
    process.env[MODE] = modeOf(host);
    return new NodeChannel(fd, handle);
  }

  /** Closes our end once the children have it: the parent must see when they close it. */
  close(): void {
    this.#handle.close();
  }
}

function handleOf(): Handle | undefined {
  const owner = process as unknown as Record<symbol, unknown>;
  for (const symbol of Object.getOwnPropertySymbols(owner)) {
    if (symbol.description === 'kChannelHandle') return owner[symbol] as Handle;
  }
  return undefined;
}

/** Our original environment is still in /proc. */
function modeOf(host: Host): string {
  const all = new Proc(host).own('environ')?.split('\0') ?? [];
  return all.find((one) => one.startsWith(`${MODE}=`))?.slice(MODE.length + 1) ?? 'json';
}
