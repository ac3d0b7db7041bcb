import { createHash } from 'node:crypto';
import type { PageData } from './pack.ts';

/** The page's own code, as it was built. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
}

/**
 * The report as one file that needs no other and asks no network. Whatever the
 * trace brings stands in a JSON block only; the page puts it up as text.
 */
export function renderHtml({ script, style }: PageParts, data: PageData): string {
  const hash = createHash('sha256').update(script).digest('base64');
  // Should a text get out of its block in spite of all, it would not be run.
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

/** Text in HTML, in an element or a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** JSON that can end no script block and begins no comment, and is one line to every reader. */
export function escapeJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
