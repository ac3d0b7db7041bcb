/** Traces with bytes changed, taken out, put in or cut off: they are read, or refused in one line. */

import fc from 'fast-check';
import { JsonBackend } from '../../../src/trace/json-backend.ts';
import { readTrace, TraceReadError } from '../../../src/trace/read.ts';
import { SimpleBackend } from '../../../src/trace/simple-backend.ts';
import { feed, tracedRun, written } from '../../trace/traced-run.ts';
import type { Generator } from '../generators.ts';
import { type Edit, edit, edits } from '../mutate.ts';

const run = tracedRun().slice(0, 60);
const files = {
  json: written(
    (write, origin) => new JsonBackend(write, origin),
    (backend) => feed(backend, run),
  ),
  simple: written(
    (write, origin) => new SimpleBackend(write, origin),
    (backend) => feed(backend, run),
  ),
};

interface Input {
  readonly format: keyof typeof files;
  readonly edits: readonly Edit[];
}

export default {
  about: 'traces with changed bytes are read, or refused with a TraceReadError of one line',
  inputs: fc.record({ format: fc.constantFrom('json', 'simple'), edits: edits() }),
  check: ({ format, edits }) => {
    try {
      readTrace(edit(files[format], edits));
    } catch (error) {
      if (!(error instanceof TraceReadError) || error.message.includes('\n')) throw error;
    }
  },
} satisfies Generator<Input>;
