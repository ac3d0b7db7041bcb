import { el } from './dom.ts';
import { SHADES } from './layout.ts';

/** The timeline's colours, taken from the style sheet for the current theme. */
export interface Palette {
  /** Indexed like SHADES. */
  readonly shades: readonly string[];
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly background: string;
  readonly arrow: string;
  readonly lit: string;
  readonly match: string;
}

/** Reads the palette. It needs an element in the page, since only the browser resolves colours. */
export function readPalette(): Palette {
  const probe = document.body.appendChild(el('i'));
  const color = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const palette = {
    shades: SHADES.map((shade) => color(`c-${shade}`)),
    text: color('text'),
    faint: color('faint'),
    line: color('line'),
    background: color('panel'),
    arrow: color('arrow'),
    lit: color('accent'),
    match: color('match'),
  };
  probe.remove();
  return palette;
}
