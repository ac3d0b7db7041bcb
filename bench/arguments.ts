import { parseArgs } from 'node:util';

export interface Arguments {
  readonly sections: readonly string[];
  readonly rounds: number;
  /** Path of the run to write. */
  readonly json: string | undefined;
  /** Path of a run to show instead of measuring. */
  readonly render: string | undefined;
  /** Whether to write docs/performance.md and its drawings. */
  readonly docs: boolean;
}

export const USAGE =
  'usage: npm run bench -- [SECTION…] [--rounds N] [--json FILE] [--render FILE] [--docs]';

/** @throws Error that says what is wrong */
export function parseArguments(argv: readonly string[], names: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
      render: { type: 'string' },
      docs: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds >= 1)) throw new Error(`no number of rounds; ${USAGE}`);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`no section ${unknown.join(', ')}, of ${names.join(', ')}; ${USAGE}`);
  }
  const { json, render, docs } = values;
  return { sections: positionals.length > 0 ? positionals : names, rounds, json, render, docs };
}
