// What the measurements share: a stand-in for Label Studio that serves pictures, and the bin in a process of its own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const bin = fileURLToPath(new URL('../dist/bin/clickmask-label-studio.js', import.meta.url));
const photos = ['coffee', 'cat', 'rocket', 'astronaut'].map((name) =>
  fileURLToPath(new URL(`../../../examples/photos/${name}.jpg`, import.meta.url)),
);

export const config = `<View><Image name="image" value="$image"/>
<BrushLabels name="mask" toName="image"><Label value="Thing"/></BrushLabels>
<KeyPointLabels name="click" toName="image"><Label value="Thing"/></KeyPointLabels></View>`;

/** Must never come back in an answer. */
export const token = 'c0ffee'.repeat(7);

/** Photos of this size, each one different. */
export async function makePhotos(count, width, height) {
  const made = [];
  for (let i = 0; i < count; i++) {
    const photo = sharp(photos[i % photos.length]).resize(width, height, { fit: 'cover' });
    made.push(
      await photo
        .modulate({ brightness: 1 + 0.01 * i })
        .jpeg({ quality: 88 })
        .toBuffer(),
    );
  }
  return made;
}

export async function startPictureServer(pictures) {
  const server = createServer((request, response) => {
    const name = new URL(request.url, 'http://localhost').searchParams.get('filepath') ?? '';
    const index = Number(/(\d+)\.jpg$/.exec(name)?.[1] ?? -1);
    if (pictures[index] === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(pictures[index]);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

export async function startBackend(labelStudioUrl, args = []) {
  const options = ['--port', '0', '--label-studio-url', labelStudioUrl, '--token', token];
  const child = spawn(process.execPath, [bin, ...options, '--cache-dir', 'off', '--look-ahead', '0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let url = '';
  let said = '';
  child.stdout.on('data', (part) => {
    said = (said + part).slice(-20_000);
    url ||= /"message":"listening","url":"([^"]+)"/.exec(said)?.[1] ?? '';
  });
  const exited = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  for (let i = 0; url === '' && i < 600; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  if (url === '') throw new Error(`The backend did not start: ${said}`);
  return {
    url,
    child,
    exited,
    /** Resident memory in MB, where the system tells. */
    memory() {
      try {
        return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;
      } catch {
        return Number.NaN;
      }
    },
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

export async function predict(url, task, context) {
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ tasks: [task], project: '1.1', label_config: config, params: { context } }),
  });
  const text = await response.text();
  return { status: response.status, text };
}

export const taskOf = (index) => ({ id: index, data: { image: `/data/upload/1/${index}.jpg` } });

export function clickOf(id, x, y, positive, width, height) {
  return {
    id,
    type: 'keypointlabels',
    from_name: 'click',
    to_name: 'image',
    original_width: width,
    original_height: height,
    image_rotation: 0,
    is_positive: positive,
    value: { x, y, width: 0.3, keypointlabels: ['Thing'] },
  };
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}
