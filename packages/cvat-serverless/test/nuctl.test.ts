import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { checkFunction, checkFunctionYaml, initBundle } from '../src/bundle/index.js';
import { nuclioProcessor, startNuclio } from './support/nuclio-processor.js';
import { readDockerfile, replayDockerfile } from './support/replay-dockerfile.js';
import { temporaryFolder } from './support/wrappers.js';

const { NUCTL, HADOLINT } = process.env;

/** What nuctl does until an engine would be needed. */
describe('nuctl', { timeout: 240_000 }, () => {
  let root: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    root = await temporaryFolder();
  });
  afterAll(() => root.remove());

  /** Follows the commands that init prints. What they give to Docker. */
  async function deploy(name: string, gpu: boolean): Promise<string> {
    const folder = join(root.path, name);
    const commands = (await initBundle({ out: folder, cvat: '2.54', gpu })).deploy;
    const image = join(root.path, `${name}-image`);
    const bin = join(root.path, `${name}-bin`);
    for (const one of [image, bin]) await mkdir(one);
    symlinkSync(fileURLToPath(new URL('support/fake-docker.mjs', import.meta.url)), join(bin, 'docker'));
    symlinkSync(NUCTL as string, join(bin, 'nuctl'));
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, FAKE_DOCKER_OUT: image };
    const { stdout, stderr } = spawnSync('sh', ['-c', commands], { env, encoding: 'utf8' });
    expect(`${stdout}${stderr}`).toContain('There is no engine: the image is as far as this goes.');
    return image;
  }

  function lint(dockerfile: string): void {
    if (HADOLINT === undefined) return;
    // The form of the health check (DL3025) is nuclio's; a directory for one command (DL3003) is not that of the container.
    const ignored = ['--ignore', 'DL3025', '--ignore', 'DL3003'];
    execFileSync(HADOLINT, ['--failure-threshold', 'warning', ...ignored, dockerfile], { stdio: 'inherit' });
  }

  function needsNuctl(context: TestContext): void {
    if (NUCTL === undefined || !existsSync(NUCTL)) context.skip('NUCTL names no nuctl');
    if (!existsSync(fileURLToPath(new URL('../dist/function/function.js', import.meta.url)))) context.skip('not built');
  }

  it('makes a Dockerfile that copies the function, then unpacks it, and hands it to a processor that answers', async (context) => {
    needsNuctl(context);
    const out = await deploy('cpu', false);
    const instructions = readDockerfile(readFileSync(join(out, 'Dockerfile'), 'utf8'));
    const kinds = instructions.map(({ kind, value }) => `${kind} ${value}`);
    expect(kinds[0]).toBe('FROM node:22-bookworm-slim');
    const copied = kinds.indexOf('COPY handler /opt/nuclio');
    const unpacked = kinds.findIndex((line) => /^RUN cd \/opt\/nuclio && tar -xzf vendor\.tgz/.test(line));
    expect(copied).toBeGreaterThan(0);
    expect(unpacked).toBeGreaterThan(copied);
    lint(join(out, 'Dockerfile'));
    if (nuclioProcessor() === null) return;
    const image = join(root.path, 'image');
    replayDockerfile(instructions, join(out, 'context'), image);
    const folder = join(image, 'opt/nuclio');
    const { config } = checkFunctionYaml(readFileSync(join(folder, 'function.yaml'), 'utf8'));
    const running = await startNuclio(folder, {
      ...config?.env,
      NUCLIO_NODEJS_WRAPPER_PATH: join(folder, 'clickmask-wrapper.mjs'),
    });
    onTestFinished(() => running.close());
    const { findings, run } = await checkFunction(running.url);
    expect(findings).toEqual([]);
    expect(run?.reply).toBe('mask-bounds');
  });

  it('takes Node.js into the image with CUDA', async (context) => {
    needsNuctl(context);
    const out = await deploy('gpu', true);
    const text = readFileSync(join(out, 'Dockerfile'), 'utf8');
    expect(text).toMatch(/^FROM nvidia\/cuda:/m);
    expect(text).toMatch(/^COPY --from=node:22-bookworm-slim \/usr\/local\/bin\/node \/usr\/local\/bin\/node$/m);
    expect(text).toMatch(/^RUN cd \/opt\/nuclio && rm -f vendor\.tgz && ONNXRUNTIME_NODE_INSTALL=cuda12 /m);
    lint(join(out, 'Dockerfile'));
  });
});
