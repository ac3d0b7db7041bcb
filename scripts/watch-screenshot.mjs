// Makes docs/watch.svg from a real run of --watch on a terminal. Needs `npm run build`.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTs } from './import-ts.mjs';

const { Terminal } = await importTs('tests/support/terminal-emulator.ts');
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [COLUMNS, ROWS] = [100, 42];
const COMMANDS = [
  'for i in 1 2 3 4 5 6 7 8 9; do echo "step $i"; sleep 0.2; done; sleep 60',
  'sleep 1; kill -9 $$',
  'yes | head -2000000 | sort >/dev/null; exit 3',
  'echo waiting; sleep 2.5; echo done',
  'sleep 60',
];

/** The colours of the terminal's palette, by number. */
const COLORS = [
  '#545d68',
  '#f47067',
  '#8ddb8c',
  '#daaa3f',
  '#6cb6ff',
  '#dcbdfb',
  '#76e3ea',
  '#d6dde6',
];
const [TEXT, DIM, BACKGROUND] = ['#d6dde6', '#8a949e', '#1c2128'];
const [CELL, LINE, MARGIN] = [8.4, 18, 12];

const looksAlike = (a, b) =>
  ['color', 'bold', 'dim', 'inverse'].every((property) => a[property] === b[property]);

/** Runs of cells that look alike, each with its first column. */
function runs(cells) {
  const found = [];
  for (const [column, cell] of cells.entries()) {
    const last = found.at(-1);
    if (last !== undefined && looksAlike(last, cell)) last.text += cell.text;
    else found.push({ ...cell, column });
  }
  return found;
}

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function lineSvg(cells, row) {
  const y = MARGIN + row * LINE;
  let svg = '';
  for (const run of runs(cells)) {
    const x = (MARGIN + run.column * CELL).toFixed(1);
    const width = (run.text.length * CELL).toFixed(1);
    const fill = run.inverse ? BACKGROUND : (COLORS[run.color] ?? (run.dim ? DIM : TEXT));
    const bold = run.bold ? ' font-weight="bold"' : '';
    if (run.inverse)
      svg += `<rect x="${x}" y="${y}" width="${width}" height="${LINE}" fill="${TEXT}"/>`;
    const shape = `x="${x}" y="${y + 13}" textLength="${width}" fill="${fill}"${bold}`;
    if (run.text.trim() !== '') svg += `<text ${shape}>${escaped(run.text)}</text>`;
  }
  return svg;
}

function toSvg(rows) {
  const width = Math.ceil(COLUMNS * CELL + 2 * MARGIN);
  const height = ROWS * LINE + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>text { font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }</style>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
${rows.map(lineSvg).join('\n')}
</svg>
`;
}

const args = COMMANDS.flatMap((text) => ['--spawn', text]);
const terminal = new Terminal(
  process.execPath,
  [join(root, 'dist', 'qemu-loop.cjs'), '--watch', ...args],
  { columns: COLUMNS, rows: ROWS, env: { ...process.env, NO_COLOR: '' } },
);
try {
  await terminal.until(/ 4 exit 0/);
  writeFileSync(join(root, 'docs', 'watch.svg'), toSvg(terminal.cells()));
} finally {
  await terminal.kill();
}
