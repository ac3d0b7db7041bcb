// death-node DYING COUNT WARM_UP: like death-ours, with Node's own child_process.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [dying, count, warmUp] = process.argv.slice(2) as [string, string, string];
const dir = mkdtempSync(join(tmpdir(), 'qemu-loop-death-'));
// A file, since Node cannot make a pipe without reading it.
const died = openSync(join(dir, 'died'), 'w+');
const ns = new BigInt64Array(1);

for (let i = 0; i < Number(count) + Number(warmUp); i++) {
  const stdio = ['ignore', 'ignore', 'ignore', died] as const;
  const reaped = await new Promise<bigint>((resolve, reject) => {
    spawn(dying, ['1000'], { stdio: [...stdio] })
      .on('error', reject)
      .on('exit', () => resolve(process.hrtime.bigint()));
  });
  if (readSync(died, ns, 0, 8, i * 8) !== 8) throw new Error('the child did not say when it died');
  if (i >= Number(warmUp)) console.log(Number(reaped - ns[0]!));
}
closeSync(died);
rmSync(dir, { recursive: true });
