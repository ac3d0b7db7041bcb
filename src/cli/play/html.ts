import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { RecordedStory } from './recorded.ts';

/** The page's own code, as built. */
export interface PlayParts {
  readonly script: string;
  readonly style: string;
  /** The engine, which runs in a Worker. */
  readonly engine: string;
}

/** A scenario that comes with the page. */
export interface Story {
  /** A name with its folder: scenarios/sigchld.yaml. */
  readonly path: string;
  readonly text: string;
}

/** A program of the explorer, and what can be left out of it. */
export interface ExploredProgram {
  readonly name: string;
  readonly about: string;
  readonly weakenings: readonly { readonly name: string; readonly about: string }[];
}

/** A piece of the museum, and the fragment of an address that shows it. */
export interface MuseumPiece {
  readonly title: string;
  readonly link: string;
}

export interface PlayLibrary {
  readonly schema: unknown;
  readonly stories: readonly Story[];
  /** Stories of several threads, with their runs. */
  readonly recorded: readonly RecordedStory[];
  readonly programs: readonly ExploredProgram[];
  readonly museum: readonly MuseumPiece[];
  /** The path of the one that is shown first. */
  readonly first: string;
}

/**
 * Writes the playground as one file that needs no other file and no network. The engine and the
 * stories are packed: the page would be twice as large without.
 */
export function renderPlay({ script, style, engine }: PlayParts, library: PlayLibrary): string {
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    'worker-src blob:',
    // The editor's marks.
    'img-src data:',
    "style-src 'unsafe-inline'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="generator" content="qemu-loop">
<title>qemu-loop playground</title>
<style>${style}</style>
</head>
<body>
<noscript>The playground runs QEMU's main loop in the page: allow JavaScript to see it.</noscript>
<script type="text/plain" id="library">${packed(JSON.stringify(library))}</script>
<script type="text/plain" id="engine">${packed(engine)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** Base64 has no character that could end a script block. */
function packed(text: string): string {
  return gzipSync(text, { level: 9 }).toString('base64');
}
