// Resident memory of a backend over many clicks, which must stay flat from the second thousand on.
// Usage: npm run bench -- label-studio-backend/memory [--clicks 10000] [--pictures 20] [--size 640x480] [--json]
import { parseArgs } from 'node:util';
import { annotate, makePhotos, openTask, startBackend, startPictureServer } from './start-backend.mjs';

const { values } = parseArgs({
  options: {
    clicks: { type: 'string', default: '10000' },
    pictures: { type: 'string', default: '20' },
    size: { type: 'string', default: '640x480' },
    json: { type: 'boolean', default: false },
  },
});
const clicks = Number(values.clicks);
const pictures = Number(values.pictures);
const [width, height] = values.size.split('x').map(Number);
const size = { width, height };

const server = await startPictureServer(await makePhotos(pictures, width, height));
const backend = await startBackend(server.url, ['--workers', '1']);
const started = performance.now();
/** In MB, after each thousand. */
const thousands = [];
let errors = 0;
for (let index = 0; index < pictures; index++) await openTask(backend.url, index, size);
for (let done = 0; done < clicks; ) {
  // Images in turn, again and again, with a few clicks on each, as people return to their tasks.
  const index = (done / 20) % pictures;
  await annotate(backend.url, index, { seed: done, count: 20, size }, (_time, status) => {
    if (status !== 200) errors++;
  });
  done += 20;
  if (done % 1000 !== 0) continue;
  thousands.push(backend.memory());
  if (!values.json) console.log(`${done} clicks: ${thousands.at(-1).toFixed(0)} MB`);
}
const seconds = (performance.now() - started) / 1000;
const { code } = await backend.stop();
await server.close();

const [base = Number.NaN, ...later] = thousands.slice(1);
const most = Math.max(...later.map((mb) => mb / base - 1));
const report = { clicks, errors, seconds, thousandsMb: thousands, mostAboveSecondThousand: most, exitCode: code };
if (values.json) console.log(JSON.stringify(report));
else {
  console.log(
    `${clicks} clicks on ${pictures} images of ${width} x ${height} in ${seconds.toFixed(0)} s, ${errors} errors`,
  );
  console.log(`resident memory at most ${(100 * most).toFixed(1)} % above that after the second thousand`);
}
process.exitCode = errors === 0 && code === 0 ? 0 : 1;
