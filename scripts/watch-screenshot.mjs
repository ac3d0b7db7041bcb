// Makes docs/watch.svg from a real run of --watch in tmux. Needs `npm run build`, and tmux.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-picture-'));
const [COLUMNS, ROWS] = [100, 42];
const COMMANDS = [
  'for i in 1 2 3 4 5 6 7 8 9; do echo "step $i"; sleep 0.2; done; sleep 60',
  'sleep 1; kill -9 $$',
  'yes | head -2000000 | sort >/dev/null; exit 3',
  'echo waiting; sleep 2.5; echo done',
  'sleep 60',
];

function tmux(...args) {
  return execFileSync('tmux', ['-S', join(dir, 'socket'), '-f', '/dev/null', ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '', PS1: '$ ' },
  });
}

/** The screen, with its colours, once the text is on it. */
function screenWith(pattern) {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if (pattern.test(tmux('capture-pane', '-p'))) return tmux('capture-pane', '-p', '-e', '-N');
  }
  throw new Error(`${pattern} did not come:\n${tmux('capture-pane', '-p')}`);
}

const COLORS = {
  31: '#f47067',
  32: '#8ddb8c',
  33: '#daaa3f',
  34: '#6cb6ff',
  35: '#dcbdfb',
  36: '#76e3ea',
};
const [TEXT, DIM, BACKGROUND] = ['#d6dde6', '#8a949e', '#1c2128'];
const [CELL, LINE, MARGIN] = [8.4, 18, 12];

/** Runs of a line that look alike: text, and codes of its look. */
function* runs(line, codes) {
  for (const part of line.split('\x1b[')) {
    const match = part === line ? null : /^([\d;]*)m/.exec(part);
    for (const code of match === null ? [] : match[1].split(';').map(Number)) {
      if (code === 0) codes.clear();
      else if (code === 39) for (const color of Object.keys(COLORS)) codes.delete(Number(color));
      else codes.add(code);
    }
    const text = match === null ? part : part.slice(match[0].length);
    if (text !== '') yield { text, codes: [...codes] };
  }
}

const escaped = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function lineSvg(line, row, look) {
  const y = MARGIN + row * LINE;
  let column = 0;
  let svg = '';
  for (const { text, codes } of runs(line, look)) {
    const x = (MARGIN + column * CELL).toFixed(1);
    const width = (text.length * CELL).toFixed(1);
    const color = codes.map((code) => COLORS[code]).find((one) => one !== undefined);
    const inverse = codes.includes(7);
    const fill = inverse ? BACKGROUND : (color ?? (codes.includes(2) ? DIM : TEXT));
    const bold = codes.includes(1) ? ' font-weight="bold"' : '';
    if (inverse)
      svg += `<rect x="${x}" y="${y}" width="${width}" height="${LINE}" fill="${TEXT}"/>`;
    const shape = `x="${x}" y="${y + 13}" textLength="${width}" fill="${fill}"${bold}`;
    if (text.trim() !== '') svg += `<text ${shape}>${escaped(text)}</text>`;
    column += text.length;
  }
  return svg;
}

function toSvg(screen) {
  const width = Math.ceil(COLUMNS * CELL + 2 * MARGIN);
  const height = ROWS * LINE + 2 * MARGIN;
  // What a line's end looks like goes on in the next.
  const look = new Set();
  const rows = screen.split('\n').slice(0, ROWS);
  const lines = rows.map((line, row) => lineSvg(line, row, look)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>text { font: 14px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre; }</style>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
${lines}
</svg>
`;
}

try {
  tmux('new-session', '-d', '-x', String(COLUMNS), '-y', String(ROWS), 'exec sh -i');
  const spawns = COMMANDS.map((text) => `--spawn '${text}'`).join(' ');
  const line = `${process.execPath} ${join(root, 'dist', 'qemu-loop.cjs')} --watch ${spawns}`;
  tmux('send-keys', '-l', line);
  tmux('send-keys', 'Enter');
  const screen = screenWith(/ 4 exit 0/);
  writeFileSync(join(root, 'docs', 'watch.svg'), toSvg(screen));
} finally {
  tmux('kill-server');
  rmSync(dir, { recursive: true });
}
