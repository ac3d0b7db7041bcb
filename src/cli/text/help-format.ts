/** How --help is set where the terminal is narrow. */

import { Help } from 'commander';

/** Beside its option a description needs so many columns; with fewer it stands below. */
const LEAST = 40;
const INDENT = 6;

/** For configureHelp: what is too long is broken at words, also in few columns. */
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
