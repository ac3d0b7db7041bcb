import { SHADES } from './layout.ts';

/** The colours of the timeline, as the style sheet has them for the theme that is on. */
export interface Palette {
  /** By places in SHADES. */
  readonly shades: readonly string[];
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly background: string;
  readonly arrow: string;
  readonly lit: string;
  readonly match: string;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    shades: SHADES.map((shade) => color(`c-${shade}`)),
    text: color('text'),
    faint: color('faint'),
    line: color('line'),
    background: color('panel'),
    arrow: color('arrow'),
    lit: color('accent'),
    match: color('match'),
  };
}
