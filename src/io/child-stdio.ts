import { checkHas, checkInteger, checkObject, shown } from '../host/arguments.ts';
import { O_CLOEXEC, O_RDWR } from '../host/constants.ts';
import { check } from '../host/errno.ts';
import type { Host, SpawnRequest } from '../host/host.ts';
import { aFunction, anything, aString, checkShape, type Shape } from '../host/shape.ts';
import type { ChildCallbacks, ChildEvent } from '../signal/child-event.ts';
import type { ChildWatch } from '../signal/child-watch.ts';
import { ChildInput } from './child-input.ts';
import { ChildOutput, type ChildOutputHandlers } from './child-output.ts';
import { contextOf, type IoLoop, ignoreSigpipe } from './io-loop.ts';

/** A child and its three standard descriptors. */
export interface PipedRequest extends ChildCallbacks {
  readonly loop: IoLoop;
  readonly watch: ChildWatch;
  /** The program; its `fds` are made here. */
  readonly request: Omit<SpawnRequest, 'fds'>;
  /** Its name in traces and events; by default the program's file. */
  readonly name?: string | undefined;
  /** `inherit` is our own descriptor, `ignore`, the default, is /dev/null. */
  readonly stdin?: 'pipe' | 'inherit' | 'ignore' | undefined;
  /** `pipe` reads and drops it; by default `inherit`. */
  readonly stdout?: ChildOutputHandlers | 'pipe' | 'inherit' | 'ignore' | undefined;
  readonly stderr?: ChildOutputHandlers | 'pipe' | 'inherit' | 'ignore' | undefined;
  /**
   * The child has ended, and all output has come: if it has left processes that still have a pipe
   * open, that is when these close it. onEnd is called as soon as the child is reaped.
   */
  readonly onClose?: ((event: ChildEvent) => void) | undefined;
}

/** A child, and our ends of its pipes; null for a descriptor that has no pipe. */
export interface PipedChild {
  readonly pid: number;
  readonly stdin: ChildInput | null;
  readonly stdout: ChildOutput | null;
  readonly stderr: ChildOutput | null;
}

/**
 * Starts a child whose standard descriptors are pipes: its output comes to callbacks of the loop, by
 * bytes or by lines. Paused output makes the child wait.
 * @throws HostError as ChildWatch.spawn, and EMFILE if no descriptors are left; TypeError, RangeError
 *   for wrong options. Nothing is left open then.
 */
export function spawnPiped(options: PipedRequest): PipedChild {
  checkOptions(options);
  const {
    loop,
    watch,
    request,
    stdin = 'ignore',
    stdout = 'inherit',
    stderr = 'inherit',
  } = options;
  const { host } = contextOf(loop, 'spawnPiped');
  const pipes = new Pipes(host);
  try {
    const fds = [pipes.give(0, stdin), pipes.give(1, stdout), pipes.give(2, stderr)];
    const end = new ChildEnd(options);
    const name = options.name ?? request.file;
    const { onEnd, onStatus } = { onEnd: end.ended, onStatus: options.onStatus };
    const pid = watch.spawn({ ...request, fds }, name, { onEnd, onStatus });
    const output = (fd: number, handlers: PipedRequest['stdout']): ChildOutput | null => {
      if (pipes.ours[fd] === undefined) return null;
      end.open++;
      return new ChildOutput(
        loop,
        pipes.keep(fd),
        typeof handlers === 'object' ? handlers : {},
        end.closed,
      );
    };
    if (pipes.ours[0] !== undefined) ignoreSigpipe(host);
    if (pipes.ours[0] !== undefined) end.stdin = new ChildInput(loop, pipes.keep(0));
    return {
      pid,
      stdin: end.stdin,
      stdout: output(1, stdout),
      stderr: output(2, stderr),
    };
  } finally {
    pipes.dispose();
  }
}

/** The descriptors of one child, until it and our ends have them. */
class Pipes {
  /** Our ends, by the child's descriptor. */
  readonly ours: (number | undefined)[] = [];
  readonly #host: Host;
  readonly #close = new Set<number>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** The descriptor of ours that the child's is to be a copy of. */
  give(fd: number, how: PipedRequest['stdout']): number {
    if (how === 'inherit') return fd;
    if (how === 'ignore')
      return this.#own(
        check(this.#host.open('/dev/null', O_RDWR | O_CLOEXEC, 0), 'open /dev/null'),
      );
    const ends = [-1, -1];
    check(this.#host.pipe2(ends, O_CLOEXEC), 'pipe for a child');
    for (const end of ends) this.#own(end);
    const [mine, its] = fd === 0 ? [1, 0] : [0, 1];
    this.ours[fd] = ends[mine]!;
    return ends[its]!;
  }

  /** Our end, whose owner closes it from now on. */
  keep(fd: number): number {
    const end = this.ours[fd]!;
    this.#close.delete(end);
    return end;
  }

  dispose(): void {
    for (const fd of this.#close) this.#host.close(fd);
  }

  #own(fd: number): number {
    this.#close.add(fd);
    return fd;
  }
}

/** Waits for a child's end, and the ends of its output. */
class ChildEnd {
  /** Outputs that are open. */
  open = 0;
  /** Closed at the end. */
  stdin: ChildInput | null = null;
  readonly #options: PipedRequest;
  #event: ChildEvent | null = null;

  constructor(options: PipedRequest) {
    this.#options = options;
  }

  readonly ended = (event: ChildEvent): void => {
    this.#event = event;
    try {
      this.#options.onEnd?.(event);
    } finally {
      this.#settle();
    }
  };

  readonly closed = (): void => {
    this.open--;
    this.#settle();
  };

  #settle(): void {
    if (this.#event === null || this.open > 0) return;
    this.stdin?.dispose();
    this.#options.onClose?.(this.#event);
  }
}

const OPTIONS: Shape<PipedRequest> = {
  loop: anything,
  watch: anything,
  request: anything,
  name: aString,
  stdin: anything,
  stdout: anything,
  stderr: anything,
  onEnd: aFunction,
  onStatus: aFunction,
  onClose: aFunction,
};

const OUTPUT: Shape<ChildOutputHandlers> = {
  onBytes: aFunction,
  onLine: aFunction,
  onEnd: aFunction,
  maxLine: anything,
};

const PLAIN: readonly unknown[] = ['pipe', 'inherit', 'ignore', undefined];

function checkOptions(options: PipedRequest): void {
  checkObject(options, 'spawnPiped: options', '{ loop, watch, request }');
  checkShape(options, 'spawnPiped', OPTIONS);
  const { watch, request, stdin } = options;
  checkHas(watch, 'spawnAll', "spawnPiped: option 'watch'", 'a ChildWatch');
  checkObject(request, "spawnPiped: option 'request'", '{ file, argv }');
  if ('fds' in request) {
    throw new TypeError(
      'spawnPiped: the request has fds: give stdin, stdout and stderr, or use ChildWatch.spawn',
    );
  }
  if (!PLAIN.includes(stdin)) {
    throw new TypeError(
      `spawnPiped: stdin is ${shown(stdin)}: expected 'pipe', 'inherit' or 'ignore'`,
    );
  }
  for (const name of ['stdout', 'stderr'] as const) checkOutput(name, options[name]);
}

function checkOutput(name: string, how: PipedRequest['stdout']): void {
  if (PLAIN.includes(how)) return;
  checkObject(
    how,
    `spawnPiped: ${name}`,
    "'pipe', 'inherit', 'ignore', or { onLine } or { onBytes }",
  );
  checkShape(how as ChildOutputHandlers, `spawnPiped: ${name}`, OUTPUT);
  const { onBytes, onLine, maxLine = 1 } = how as ChildOutputHandlers;
  if (onBytes !== undefined && onLine !== undefined) {
    throw new TypeError(`spawnPiped: ${name}: expected onBytes or onLine, not both`);
  }
  checkInteger(maxLine, `spawnPiped: maxLine of ${name}`, 1, Number.MAX_SAFE_INTEGER);
}
