import type { Tally } from '../../explore/explored-words.ts';
import { explore } from '../../explore/explorer.ts';
import {
  COMPARE_EXCHANGE,
  END,
  EXCHANGE,
  FAILED,
  FENCE,
  FETCH_ADD,
  FETCH_AND,
  FETCH_OR,
  LOAD,
  SLEEP_ON,
  STORE,
  STORE_BARRIER,
  STORE_FENCED,
  WAIT_FOR_ZERO,
} from '../../explore/operation.ts';
import type { Places } from '../../explore/places.ts';
import type { Explorable } from '../../explore/program.ts';
import { CliError, EXIT_USAGE } from '../exit/errors.ts';

/**
 * The program as a model for Spin, in Promela: each thread as the places that an exploration under
 * SC has found. Spin then counts the same states, by a search of its own.
 * @throws CliError if the program sleeps on a futex, which the model does not have
 */
export function promelaOf(program: Explorable, mostBytes: number): string {
  const { parts, search } = explore(program, { model: 'SC', reduce: false, mostBytes });
  const { places, words, wordOf } = parts;
  const start = search.ending(0);
  const memory = words.map((word, i) => `int w${i} = ${start.word(word)};`);
  const tally = ({ word, by }: Tally): string => ` w${wordOf(word)} = w${wordOf(word)} + ${by};`;
  const threads = program.threads.map((thread, i) =>
    proctype(places, thread.name, start.placeOf(i), i, tally),
  );
  return `/* ${program.threads.map(({ name }) => name).join(', ')} */\n${memory.join('\n')}\n\n${threads.join('\n')}`;
}

function proctype(
  places: Places,
  name: string,
  first: number,
  number: number,
  tally: (tally: Tally) => string,
): string {
  const reached: number[] = [first];
  const lines: string[] = [];
  for (const place of reached) {
    const targets: string[] = [];
    for (let edge = places.edges[place] ?? null; edge !== null; edge = edge.next) {
      if (!reached.includes(edge.target)) reached.push(edge.target);
      const tallies = edge.tallies.map(tally).join('');
      targets.push(`:: r == ${edge.result} -> r = 0;${tallies} goto p${edge.target}`);
    }
    lines.push(placeText(places, place, targets));
  }
  return `active proctype thread${number}() { /* ${name} */\n  int r;\n${lines.join('\n')}\n}\n`;
}

function placeText(places: Places, place: number, targets: readonly string[]): string {
  const kind = places.kind[place]!;
  if (kind === END) return `p${place}: end${place}: false;`;
  if (kind === FAILED) return `p${place}: assert(false);`;
  if (targets.length === 0) return `p${place}: false;`;
  return `p${place}: atomic { ${effect(places, place, kind)} if ${targets.join(' ')} fi }`;
}

function effect(places: Places, place: number, kind: number): string {
  const w = `w${places.word[place]}`;
  const value = places.value[place]!;
  switch (kind) {
    case LOAD:
      return `r = ${w};`;
    case STORE:
    case STORE_FENCED:
      return `${w} = ${value};`;
    case FENCE:
    case STORE_BARRIER:
      return 'skip;';
    case SLEEP_ON:
      return `${w} != 0 -> r = ${w};`;
    case WAIT_FOR_ZERO:
      return `${w} == 0 -> r = ${w};`;
    case EXCHANGE:
      return `r = ${w}; ${w} = ${value};`;
    case COMPARE_EXCHANGE:
      return `r = ${w}; if :: ${w} == ${value} -> ${w} = ${places.next[place]} :: else fi;`;
    case FETCH_ADD:
      return `r = ${w}; ${w} = ${w} + ${value};`;
    case FETCH_OR:
      return `r = ${w}; ${w} = ${w} | ${value};`;
    case FETCH_AND:
      return `r = ${w}; ${w} = ${w} & ${value};`;
    default:
      throw new CliError('a model for Spin has no futex: choose another program', EXIT_USAGE);
  }
}
