// Shared by the measurements: a stand-in for Label Studio that serves images, and the program in its own process.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const bin = fileURLToPath(new URL('../dist/bin/clickmask-label-studio.js', import.meta.url));
const photos = ['coffee', 'cat', 'rocket', 'astronaut'].map((name) =>
  fileURLToPath(new URL(`../../../examples/photos/${name}.jpg`, import.meta.url)),
);

export const config = `<View><Image name="image" value="$image"/>
<BrushLabels name="mask" toName="image"><Label value="Thing"/></BrushLabels>
<KeyPointLabels name="click" toName="image"><Label value="Thing"/></KeyPointLabels></View>`;

/** Must never appear in an answer. */
export const token = 'c0ffee'.repeat(7);

/** Photos of this size, all different. */
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
    // Uploads are requested by their own address, or through the one that checks the token.
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const name = searchParams.get('filepath') ?? pathname;
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

/** Clickmask's backend for comparisons. The others keep fetched images on disk, so it does not fetch either. */
export async function clickmaskBackend(labelStudioUrl, args = []) {
  const { url, child, stop } = await startBackend(labelStudioUrl, args);
  return { url, stop, pids: () => processTree(child.pid) };
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
    /** Resident memory in MB, if the system reports it. */
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

/** Opens a task, and returns once its image is ready for clicks. */
export async function openTask(url, index, { width, height }) {
  const started = performance.now();
  await predict(url, taskOf(index), null);
  const answered = performance.now() - started;
  // A click waits until the image is ready; an empty request does not. So a click is sent.
  await predict(url, taskOf(index), { result: [clickOf('warm', 50, 50, true, width, height)] });
  return { answered, ready: performance.now() - started };
}

/**
 * Makes objects of up to four clicks, as an annotator does: the first in the middle, the others around it.
 *
 * @param until - the time on the clock of performance.now() after which no click is made
 * @param onClick - called with milliseconds, status and length of each answer
 */
export async function annotate(url, index, { seed, count, size, until = Number.POSITIVE_INFINITY }, onClick) {
  const next = random(seed + 1);
  let context = [];
  for (let i = 0; i < count && performance.now() < until; i++) {
    if (i % 4 === 0) context = [];
    const first = context.length === 0;
    const at = () => (first ? 30 + 40 * next() : 5 + 90 * next());
    context.push(clickOf(`${seed}-${index}-${i}`, at(), at(), first || next() < 0.5, size.width, size.height));
    const started = performance.now();
    const { status, text } = await predict(url, taskOf(index), { result: context });
    onClick(performance.now() - started, status, text.length);
  }
}

const random = (seed) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

/** A process and all its descendants. */
export function processTree(pid) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statOf(name)?.[1] ?? 0));
  }
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of parents) if (parent === one) tree.push(child);
  return tree;
}

/** CPU milliseconds of these processes, if the system reports them. */
export function cpuMs(pids) {
  return pids.reduce((sum, pid) => {
    const stat = statOf(pid);
    return stat === undefined ? sum : sum + (Number(stat[11]) + Number(stat[12])) * 10;
  }, 0);
}

/** Memory of these processes in MB. Shared memory counts once. */
export function memoryMb(pids) {
  return pids.reduce((sum, pid) => {
    try {
      return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
    } catch {
      return sum;
    }
  }, 0);
}

/**
 * Begins to watch how busy the machine is otherwise.
 *
 * @returns what to call at the end with one's own processes: the share of all cores' time that the hypervisor kept
 * (`steal`), and that others used (`others`)
 */
export function busyShares() {
  const read = () => {
    const [user, nice, system, , , irq, soft, steal] = readFileSync('/proc/stat', 'utf8')
      .split('\n')[0]
      .split(/\s+/)
      .slice(1)
      .map(Number);
    return { used: user + nice + system + irq + soft, steal };
  };
  const before = read();
  const own = new Map();
  const started = performance.now();
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) own.set(Number(name), cpuMs([name]));
  return (pids) => {
    const after = read();
    const total = (performance.now() - started) * availableParallelism();
    const mine = pids.reduce((sum, pid) => sum + cpuMs([pid]) - (own.get(pid) ?? 0), 0);
    return {
      steal: ((after.steal - before.steal) * 10) / total,
      others: Math.max(0, (after.used - before.used) * 10 - mine) / total,
    };
  };
}

/** /proc/PID/stat after the name of the program, which may hold spaces. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
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
