/** Works out the report from a trace. Pure: it depends on the events alone. */

import { type Facts, findFacts, type ModelOptions, type ReportTrace } from './facts.ts';
import { checkAll } from './findings/all.ts';
import type { Check } from './findings/finding.ts';
import { type Statistics, statistics } from './statistics.ts';

export interface Model extends Facts {
  readonly statistics: Statistics;
  readonly checks: readonly Check[];
}

export function buildModel(trace: ReportTrace, options: ModelOptions): Model {
  const facts = findFacts(trace, options);
  return { ...facts, statistics: statistics(facts), checks: checkAll(facts) };
}
