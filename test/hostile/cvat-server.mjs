// CVAT's function behind this package's own processor, as `init` makes it. Usage: node cvat-server.mjs [PORT [FOLDER]], a folder that `init`
// has made already.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initBundle, runBundle } from '@clickmask/cvat-serverless';

const given = process.argv[3];
const folder = given ?? mkdtempSync(join(tmpdir(), 'clickmask-hostile-'));
if (given === undefined) await initBundle({ out: folder, dependencies: 'vendor', force: true });
const running = await runBundle(folder, { port: Number(process.argv[2] ?? 0), log: () => {} });
process.once('SIGTERM', async () => {
  await running.close();
  if (given === undefined) rmSync(folder, { recursive: true, force: true });
  if (process.connected) process.disconnect();
});
process.send?.(running.url);
