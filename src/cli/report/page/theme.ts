import { button } from './dom.ts';

const KEY = 'qemu-loop-report-theme';
const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

/**
 * Switches between the system's theme, light and dark. The choice is kept if the browser
 * allows it.
 */
export function themeSwitch(onChange: () => void): HTMLElement {
  let theme = kept();
  const made = button('', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    keep(theme);
    put();
    onChange();
  });
  made.id = 'theme';
  const put = (): void => {
    if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.dataset.theme = theme;
    made.textContent = `theme: ${theme}`;
  };
  put();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  return made;
}

/** Reads the stored choice. A page opened from a file may not be allowed to. */
function kept(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function keep(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {}
}
