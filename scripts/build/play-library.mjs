// What the playground brings along: the schema, the stories, the explorer's programs and the museum.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';

/**
 * @param built the folder of the command, which is asked
 * @returns JSON
 */
export async function playLibrary(root, built) {
  const command = join(built, 'qemu-loop.cjs');
  const museum = museumPieces(root);
  const list = [command, 'explore', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, list);
  return JSON.stringify({
    schema: JSON.parse(readFileSync(join(root, 'schema', 'scenario.schema.json'), 'utf8')),
    stories: stories(root, museum),
    recorded: await recordedStories(root, command),
    programs: JSON.parse(stdout),
    museum,
  });
}

/** The files that a page runs itself. */
function stories(root, museum) {
  const pieces = museum.map(({ id }) => `scenarios/museum/${id}`);
  return ['scenarios', 'scenarios/why', ...pieces, 'tests/conformance']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      yamlFiles(join(root, folder)).map((file) => ({
        path: `${folder.replace('tests/', '')}/${file}`,
        text: readFileSync(join(root, folder, file), 'utf8'),
      })),
    );
}

const yamlFiles = (folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort();

/**
 * The museum's pieces, each as a link within the playground: to its own scenario, to another one without a link of
 * the chain, or to a program of the explorer without a barrier.
 */
function museumPieces(root) {
  const folder = join(root, 'scenarios', 'museum');
  const link = (id, { program, without, scenario, weakness }) => {
    if (program !== undefined) return `#barrier=${program}.${without}`;
    if (scenario === undefined) return `#story=scenarios/museum/${id}/buggy.yaml`;
    return `#story=${posix.join('scenarios/museum', id, scenario)}&without=${weakness}`;
  };
  return readdirSync(folder).map((id) => {
    const text = readFileSync(join(folder, id, 'about.md'), 'utf8');
    const [, head, title] = /^---\n(.*?)\n---\n# ([^\n]+)/s.exec(text);
    return { id, title, link: link(id, parse(head)) };
  });
}

/**
 * The stories of several threads with their runs on the simulated kernel, which are the same each time: a
 * page has no threads to run them on. The trace is in the report of the run.
 */
async function recordedStories(root, command) {
  const folder = 'scenarios/threads';
  const pages = mkdtempSync(join(command, '..', 'pages-'));
  const recorded = yamlFiles(join(root, folder)).map(async (file) => {
    const page = join(pages, `${file}.html`);
    const story = join(root, folder, file);
    const args = [command, 'run', '--host', 'sim', '--report', page, story];
    await promisify(execFile)(process.execPath, args);
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s;
    const { trace } = JSON.parse(data.exec(readFileSync(page, 'utf8'))[1]);
    const text = readFileSync(story, 'utf8');
    const name = /^name: (.*)$/m.exec(text)[1];
    return { path: `${folder}/${file}`, text, name, trace };
  });
  try {
    return await Promise.all(recorded);
  } finally {
    rmSync(pages, { recursive: true });
  }
}
