import { createHash } from 'node:crypto';
import type { DiffData, PageData } from './pack.ts';

/** The page's own code, as built. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
}

/**
 * Writes the report as one file that needs no other file and no network. All text of the
 * trace is in a JSON block; the page inserts it as text, never as HTML.
 */
export function renderHtml({ script, style }: PageParts, data: PageData | DiffData): string {
  const hash = createHash('sha256').update(script).digest('base64');
  // Even if a text escaped from its block, the browser would not run it.
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="qemu-loop">
<title>${escapeText(data.title)} – qemu-loop report</title>
<style>${style}</style>
</head>
<body>
<noscript>This report is drawn by its own script: allow JavaScript to see it.</noscript>
<script type="application/json" id="data">${escapeJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Escapes text for an HTML element or a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** JSON on one line for every reader, which can neither end a script block nor begin a comment. */
export function escapeJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
