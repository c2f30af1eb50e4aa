import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { defaultModelsFolder } from '../../src/node.js';
import { defineCommand, UsageError } from '../../src/runtime/node/command-line/index.js';
import { use } from './models.js';

const passed = ['pictures', 'minutes', 'base', 'licence', 'threads'] as const;

export const adapt = defineCommand({
  name: 'adapt',
  summary: 'Fine-tunes the embedded model to your accepted masks. Images like yours then take fewer clicks.',
  about: `EXPORT is a file, a folder or a zip: COCO JSON, Label Studio JSON (brush, polygon, bitmask), CVAT for images (XML), LabelMe, or
images with masks. The command learns from four images of five and measures on the fifth. If the new model takes fewer clicks
there, it writes DIR, with report.html: clicks and images before and after. Nothing leaves this machine. After a stop, the
same command goes on.

It needs the package @clickmask/training, and Python 3.11 with PyTorch. It asks once and installs them in a folder of its own: some 6 GB on Linux, where PyPI's
PyTorch brings CUDA along, 1 GB elsewhere.`,
  options: {
    from: { type: 'text', value: 'EXPORT', required: true, help: 'What to learn from.' },
    out: {
      type: 'text',
      value: 'DIR',
      required: true,
      help: 'The model folder to write. Use it with --model DIR.',
    },
    pictures: { type: 'text', value: 'DIR', help: 'Where the images are, if not beside the export.' },
    minutes: {
      type: 'number',
      min: 0.1,
      max: 600,
      help: 'Most minutes to learn. Default: 10, and fewer for few images.',
    },
    base: {
      type: 'text',
      value: 'NAME|DIR',
      help: 'Model to start from: clickmask-small (default), or a folder that adapt wrote.',
    },
    licence: { type: 'text', value: 'TEXT', help: "Licence of your images, for the model's manifest." },
    gpu: {
      type: 'text',
      choices: ['auto', 'off'],
      default: 'off',
      help: 'auto uses a GPU if there is one. off gives the same model on every machine.',
    },
    threads: { type: 'whole', min: 1, max: 1024, help: 'CPU threads.' },
    use: {
      type: 'switch',
      help: 'If the model was written, also runs clickmask models use on it.',
    },
    force: { type: 'switch', help: 'Writes the model even if it is not better.' },
    recipe: {
      type: 'text',
      value: 'DIR',
      env: ['CLICKMASK_TRAINING'],
      help: 'The folder of the recipe. Default: the package @clickmask/training, or training/ of a checkout.',
    },
    python: {
      type: 'text',
      value: 'FILE',
      help: 'A Python that has the packages of training/requirements.txt. Then nothing is installed.',
    },
    yes: { type: 'switch', help: 'Installs without asking.' },
  },
  notes: 'Exit code: 0 written, 1 failed, 2 wrong use, 3 not better, so not written.',
  examples: [
    'clickmask adapt --from project-7.zip --out models/boards',
    'clickmask adapt --from result.json --pictures ./images --out models/boards --minutes 5',
    'clickmask segment photo.jpg --model models/boards --click 320,240',
    'clickmask adapt --from result.json --pictures ./images --out models/boards-2 --use',
  ],
  async run({ values }, terminal) {
    const { gpu } = values;
    // What can be told at once is told before anything is installed.
    if (!existsSync(values.from)) throw new UsageError(`There is no ${values.from}; --from names the export.`);
    const recipe = findRecipe(values.recipe);
    const python = values.python ?? (await environment(join(recipe, 'requirements.txt'), values.yes));
    const isPath = (name: string, value: string) => name === 'pictures' || (name === 'base' && existsSync(value));
    const options = passed.flatMap((name) => {
      const given = values[name];
      const value = given === undefined ? undefined : String(given);
      return value === undefined ? [] : [`--${name}`, isPath(name, value) ? resolve(value) : value];
    });
    const command = ['-m', 'clickmask_training', 'adapt', '--from', resolve(values.from), '--out', resolve(values.out)];
    const device = gpu === 'auto' ? ['--device', 'auto'] : [];
    const code = await run(python, [...command, ...options, ...device, ...(values.force ? ['--force'] : [])], recipe);
    return code === 0 && values.use ? use(resolve(values.out), terminal) : code;
  },
});

/** The recipe is Python, in a package of its own that is installed beside this one, or in the checkout. */
function findRecipe(given: string | undefined): string {
  const named = given;
  const beside = named === undefined ? ancestors(dirname(fileURLToPath(import.meta.url))) : [resolve(named)];
  const found = beside.find((folder) => existsSync(join(folder, 'clickmask_training', '__main__.py')));
  if (found !== undefined) return found;
  const message =
    named === undefined
      ? 'The recipe is not installed. Run npm install @clickmask/training, or name its folder with --recipe.'
      : `Expected the recipe in ${named} but found no clickmask_training there.`;
  throw new UsageError(message);
}

function ancestors(folder: string): readonly string[] {
  const parent = dirname(folder);
  return [join(folder, 'training'), ...(parent === folder ? [] : ancestors(parent))];
}

/** The Python of an environment with the requirements. Creates the environment if there is none. */
async function environment(requirements: string, mayInstall: boolean): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = join(dirname(defaultModelsFolder()), 'python', hash);
  const program = (of: string) =>
    process.platform === 'win32' ? join(of, 'Scripts', 'python.exe') : join(of, 'bin', 'python');
  if (existsSync(program(folder))) return program(folder);
  const text = `PyTorch and the other packages of ${requirements} will be installed into ${folder} (once; ${process.platform === 'linux' ? 'some 6 GB, since PyPI has PyTorch with CUDA' : 'some 1 GB'}).`;
  if (!mayInstall && !(await agrees(text))) {
    throw new UsageError(`${text} Confirm with --yes, or name a Python that has them with --python.`);
  }
  process.stderr.write(`${text}\n`);
  const made = `${folder}.partial`;
  await rm(made, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  const hasUv = (await run('uv', ['--version'], '.', 'ignore').catch(() => 1)) === 0;
  // Relocatable, because the folder gets its final name once it is complete.
  const steps = hasUv
    ? [
        ['uv', 'venv', '--relocatable', made],
        ['uv', 'pip', 'install', '--python', program(made), '-r', requirements],
      ]
    : [
        [process.platform === 'win32' ? 'python' : 'python3', '-m', 'venv', made],
        [program(made), '-m', 'pip', 'install', '--disable-pip-version-check', '-r', requirements],
      ];
  for (const [name, ...args] of steps) {
    const code = await run(name, args, '.').catch(() => {
      throw new Error(
        `Cannot start ${name}. Install Python 3.11 or newer with venv, or uv; or name one with --python.`,
      );
    });
    if (code !== 0)
      throw new Error(`${name} ${args.slice(0, 3).join(' ')} ended with ${code}. Nothing was left behind.`);
  }
  await rename(made, folder);
  return program(folder);
}

async function agrees(text: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${text} Go on? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Runs a program in a folder with this process's input and output. Returns its exit code. */
function run(
  program: string,
  args: readonly string[],
  cwd: string,
  stdio: 'inherit' | 'ignore' = 'inherit',
): Promise<number> {
  return new Promise((done, failed) => {
    const child = spawn(program, [...args], { cwd, stdio });
    // Ctrl-C reaches the child too. Wait for it to save its state.
    const wait = () => {};
    process.on('SIGINT', wait);
    child.on('error', failed);
    child.on('close', (code) => {
      process.off('SIGINT', wait);
      done(code ?? 1);
    });
  });
}
