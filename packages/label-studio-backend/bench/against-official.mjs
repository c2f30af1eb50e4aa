// Clickmask's backend against thin ones on the official label-studio-ml package, all with the same ONNX files: one that
// encodes the image at every click, as the package's SAM 2 example does, and one that remembers features. The same
// clicks go to each in turn, in rounds, and the ratios are taken within a round. Ours runs the network more than once for
// some clicks, for a better mask; `plain` is ours with as little network work as theirs.
// Usage: node packages/label-studio-backend/bench/against-official.mjs --python PATH [options]
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  annotate,
  busyShares,
  clickmaskBackend,
  cpuMs,
  makePhotos,
  memoryMb,
  openTask,
  quantile,
  startPictureServer,
} from './start-backend.mjs';
import { modelFolder, officialBackend } from './start-official.mjs';

const help = `Usage: npm run bench -- label-studio-backend/against-official --python PATH [options]

Options:
  --python PATH          Python of an environment with bench/official/requirements.txt installed:
                           python3 -m venv .cache/official
                           .cache/official/bin/pip install -r packages/label-studio-backend/bench/official/requirements.txt
                         (default: .cache/official/bin/python)
  --annotators N,N,...   how many click at the same time (default 1,5,20,100)
  --rounds N             rounds for each number of annotators (default 3)
  --seconds N            longest turn of a backend in a round (default 8)
  --objects N            objects of four clicks that each annotator makes in a turn, at least (default 2; together 10)
  --official-spin off    let the threads of the official ones sleep while they wait, as ours do
  --ours=ARGS            further options of Clickmask's backend, such as --ours="--workers 2 --threads 2"
  --only NAMES           some of: ours; plain, which is ours with one pass a click and no closer look; official; cached
                         (default: ours,official,cached)
`;
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: fileURLToPath(new URL('../../../.cache/official/bin/python', import.meta.url)) },
    annotators: { type: 'string', default: '1,5,20,100' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    objects: { type: 'string', default: '2' },
    'official-spin': { type: 'string', default: 'on' },
    ours: { type: 'string', default: '' },
    only: { type: 'string', default: 'ours,official,cached' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
if (!existsSync(values.python)) {
  console.error(`There is no Python at ${values.python}.\n\n${help}`);
  process.exit(2);
}
const crowds = values.annotators.split(',').map(Number);
const rounds = Number(values.rounds);
const most = Math.max(...crowds);
const size = { width: 4000, height: 3000 };
const leastObjects = 10;

const folder = mkdtempSync(join(tmpdir(), 'clickmask-bench-'));
const pictures = await startPictureServer(await makePhotos(most, size.width, size.height));
const official = (featureCache) =>
  officialBackend(pictures.url, {
    python: values.python,
    folder: mkdtempSync(join(folder, 'official-')),
    featureCache,
    spin: values['official-spin'],
  });
const ours = (more = []) => clickmaskBackend(pictures.url, [...values.ours.split(' ').filter(Boolean), ...more]);
const starts = {
  ours: () => ours(),
  plain: () => ours(['--model', onePassModel(join(folder, 'plain'))]),
  official: () => official(0),
  cached: () => official(256),
};
const backends = {};
let failed = false;
try {
  for (const name of values.only.split(',')) backends[name] = await starts[name]();
  console.log(
    `${availableParallelism()} cores, load ${loadavg()[0].toFixed(1)}; ${rounds} rounds, photos of ${size.width} x ${size.height} px`,
  );
  let opened = 0;
  for (const crowd of crowds) {
    for (; opened < crowd; opened++) {
      for (const backend of Object.values(backends)) await openTask(backend.url, opened, size);
    }
    await compare(crowd);
  }
} finally {
  for (const backend of Object.values(backends)) await backend.stop();
  await pictures.close();
  rmSync(folder, { recursive: true });
}
if (failed) process.exitCode = 1;

/** All rounds with one number of annotators, and their table. */
async function compare(crowd) {
  const names = Object.keys(backends);
  const turns = Object.fromEntries(names.map((name) => [name, []]));
  const busy = busyShares();
  for (let round = 0; round < rounds; round++) {
    // Another backend starts each round.
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length];
      turns[name].push(await takeTurn(backends[name], crowd, round));
    }
  }
  const { steal, others } = busy([process.pid, ...Object.values(backends).flatMap((backend) => backend.pids())]);
  console.log(
    `\n${crowd} annotator${crowd === 1 ? '' : 's'} (steal ${(steal * 100).toFixed(0)} %, other work ${(others * 100).toFixed(0)} % of the cores)`,
  );
  console.log('            clicks/s    p50 ms    p95 ms   CPU ms/click   memory MB   slowest annotator');
  for (const name of names) {
    const all = turns[name];
    const times = all.flatMap((turn) => turn.times);
    const cells = [
      middle(all.map((turn) => turn.rate))
        .toFixed(1)
        .padStart(8),
      quantile(times, 0.5).toFixed(0).padStart(9),
      quantile(times, 0.95).toFixed(0).padStart(9),
      middle(all.map((turn) => turn.cpu))
        .toFixed(1)
        .padStart(14),
      Math.max(...all.map((turn) => turn.memory))
        .toFixed(0)
        .padStart(11),
      `${middle(all.map((turn) => turn.unfairness)).toFixed(2)} x median`.padStart(19),
    ];
    console.log(`  ${name.padEnd(10)}${cells.join(' ')}`);
    const errors = all.reduce((sum, turn) => sum + turn.errors, 0);
    if (errors > 0) {
      failed = true;
      console.log(`    ${errors} errors`);
    }
  }
  const isOurs = (name) => name === 'ours' || name === 'plain';
  for (const one of names.filter(isOurs)) {
    for (const other of names.filter((name) => !isOurs(name))) {
      const ratios = (pick) => turns[one].map((turn, i) => pick(turn, turns[other][i]));
      const rate = ratios((own, theirs) => own.rate / theirs.rate);
      const cpu = ratios((own, theirs) => theirs.cpu / own.cpu);
      console.log(
        `  ${one} against ${other}: ${middle(rate).toFixed(1)} x the clicks a second (${rate.map((ratio) => ratio.toFixed(1)).join(', ')}), 1 / ${middle(cpu).toFixed(1)} of the CPU`,
      );
    }
  }
}

/** A copy of the model that answers each click by one pass over the whole image. */
function onePassModel(to) {
  cpSync(modelFolder, to, { recursive: true });
  const file = join(to, 'model.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  const { cascade } = manifest.refinement;
  manifest.refinement = { ...manifest.refinement, cascade: { ...cascade, steps: 0 }, zoomIn: null };
  writeFileSync(file, JSON.stringify(manifest));
  return to;
}

/**
 * One backend's turn: all annotators at once, without pauses, until they have made their clicks or the time is over.
 */
async function takeTurn(backend, crowd, round) {
  const until = performance.now() + Number(values.seconds) * 1000;
  const perAnnotator = Array.from({ length: crowd }, () => []);
  let errors = 0;
  const before = cpuMs(backend.pids());
  const started = performance.now();
  await Promise.all(
    perAnnotator.map((times, index) =>
      annotate(
        backend.url,
        index,
        { seed: round * 1000 + index, count: 4 * objectsOf(crowd), size, until },
        (ms, status) => {
          if (status !== 200) errors++;
          times.push(ms);
        },
      ),
    ),
  );
  const seconds = (performance.now() - started) / 1000;
  const times = perAnnotator.flat();
  const means = perAnnotator.filter((own) => own.length > 0).map((own) => own.reduce((a, b) => a + b, 0) / own.length);
  return {
    times,
    errors,
    rate: times.length / seconds,
    cpu: (cpuMs(backend.pids()) - before) / times.length,
    memory: memoryMb(backend.pids()),
    unfairness: Math.max(...means) / middle(means),
  };
}

/** With few annotators, a turn has more objects, so that no single click decides. */
function objectsOf(crowd) {
  return Math.max(Number(values.objects), Math.ceil(leastObjects / crowd));
}

function middle(list) {
  return quantile(list, 0.5);
}
