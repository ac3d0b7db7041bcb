/** Errors that leave their thread: as plain data on the way, and as an Error again behind it. */

import { QemuAbort } from '../aio/abort.ts';
import { HostError } from '../host/errno.ts';

/** An error as plain data. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly code?: string;
}

/** @param error anything that was thrown */
export function recordOf(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: `${String(error)} was thrown`, stack: '' };
  }
  const { name, message, stack } = error;
  const { errno, syscall, code } = error as Partial<Record<'errno' | 'syscall' | 'code', unknown>>;
  return {
    name,
    message,
    stack: stack ?? '',
    ...(typeof errno === 'number' && { errno }),
    ...(typeof syscall === 'string' && { syscall }),
    ...(typeof code === 'string' && { code }),
  };
}

/**
 * The error of a record: of its own class if that is ours or the language's, else an Error with its
 * name. Its stack is that of the thread, with the thread's name behind it; `thread` has that too.
 */
export function errorFrom(record: ErrorRecord, thread: string): Error {
  const { name, message, stack, errno, syscall, code } = record;
  const error = made(record);
  const more = {
    thread,
    ...(errno !== undefined && { errno }),
    ...(code !== undefined && { code }),
  };
  Object.assign(error, more);
  if (syscall !== undefined) Object.assign(error, { syscall });
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name });
  const trace = stack === '' ? `${name}: ${message}` : stack;
  Object.defineProperty(error, 'thread', { value: thread });
  Object.defineProperty(error, 'stack', { value: `${trace}\n    in thread '${thread}'` });
  return error;
}

const CLASSES: Readonly<Record<string, new (message: string) => Error>> = {
  EvalError,
  QemuAbort,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function made({ name, message, errno, syscall }: ErrorRecord): Error {
  if (name !== 'HostError') return new (CLASSES[name] ?? Error)(message);
  const error = new HostError(errno ?? 0, syscall ?? '');
  error.message = message;
  return error;
}
