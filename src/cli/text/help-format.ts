/** The layout of --help on narrow terminals. */

import { Help } from 'commander';

/** Columns that a description needs beside its option; with fewer it goes below. */
const LEAST = 40;
const INDENT = 6;

/** For configureHelp: breaks long descriptions between words, even in few columns. */
export const helpFormat = {
  minWidthToWrap: 16,
  formatItem(term: string, termWidth: number, description: string, helper: Help): string {
    const width = helper.helpWidth ?? 80;
    if (description === '' || width - termWidth - 4 >= LEAST) {
      return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
    }
    const lines = helper.boxWrap(description, width - INDENT).split('\n');
    return [`  ${term}`, ...lines.map((line) => ' '.repeat(INDENT) + line)].join('\n');
  },
};
