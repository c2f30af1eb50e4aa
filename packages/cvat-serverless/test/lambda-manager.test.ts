import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parse } from 'yaml';
import { initBundle, runBundle } from '../src/bundle/index.js';
import { decodeStored, readAsClassicUi } from './support/cvat-ui.js';
import { pictureKinds, pictureOfBytes } from './support/pictures.js';
import { temporaryFolder } from './support/wrappers.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const views = process.env.CVAT_LAMBDA_VIEWS ?? '';
const python = process.env.CVAT_LAMBDA_PYTHON ?? 'python3';
const script = new URL('./support/lambda_manager.py', import.meta.url).pathname;

function missing(): string | null {
  if (!existsSync(views)) return 'set CVAT_LAMBDA_VIEWS to cvat/apps/lambda_manager/views.py of a CVAT checkout';
  if (!existsSync(new URL('../dist/function/function.js', import.meta.url))) return 'build the packages first';
  try {
    execFileSync(python, ['-c', 'import django, numpy, requests'], { stdio: 'ignore' });
    return null;
  } catch {
    return `${python} needs django, numpy and requests (CVAT_LAMBDA_PYTHON names another one)`;
  }
}

const reason = missing();
if (reason !== null) {
  it.skip(`CVAT’s own lambda_manager: ${reason}`, () => {});
} else {
  describe('the generated function, called by CVAT’s own lambda_manager', () => {
    let root: Awaited<ReturnType<typeof temporaryFolder>>;
    beforeAll(async () => {
      root = await temporaryFolder();
      await initBundle({ out: join(root.path, 'function'), dependencies: 'vendor' });
    });
    afterAll(() => root.remove());

    async function start(env: Readonly<Record<string, string>>) {
      const running = await runBundle(join(root.path, 'function'), { env });
      onTestFinished(() => running.close());
      const config = parse(await readFile(join(root.path, 'function/function.yaml'), 'utf8')) as Record<string, object>;
      const description = { ...config, status: { state: 'ready', httpPort: Number(new URL(running.url).port) } };
      const file = join(root.path, 'described.json');
      await writeFile(file, JSON.stringify(description));
      const child = spawn(python, [script, views, file], { stdio: ['pipe', 'pipe', 'inherit'] });
      onTestFinished(() => void child.kill());
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async () => JSON.parse(String((await lines.next()).value)) as Record<string, unknown>;
      const { listed } = await next();
      return {
        listed,
        call: async (image: Buffer, data: object) => {
          const path = join(root.path, 'frame');
          await writeFile(path, image);
          child.stdin.write(`${JSON.stringify({ image: path, data })}\n`);
          return next();
        },
      };
    }

    it('is listed as an interactor with optional box and background clicks', async () => {
      const { listed } = await start({});
      expect(listed).toMatchObject({
        id: 'clickmask',
        version: 2,
        min_pos_points: 0,
        min_neg_points: 0,
        startswith_box: false,
        startswith_box_optional: true,
      });
    });

    it('answers what the server sends, in the server’s words', async () => {
      const { call } = await start({ CLICKMASK_REPLY: 'mask' });
      const { png } = await pictureKinds();
      const click = { frame: 0, pos_points: [[120.5, 80.25]], neg_points: [] as number[][] };
      for (const data of [
        { ...click, obj_bbox: [] },
        { ...click, obj_bbox: null },
        {
          ...click,
          obj_bbox: [
            [70, 30],
            [170, 130],
          ],
          neg_points: [[5, 5]],
        },
        {
          ...click,
          pos_points: [],
          obj_bbox: [
            [70, 30],
            [170, 130],
          ],
        },
      ]) {
        const { result } = await call(png, data);
        const { rle } = readAsClassicUi(JSON.stringify(result));
        const mask = decodeStored(rle, 240, 160);
        expect(mask[80 * 240 + 120]).toBe(1);
        expect(mask[0]).toBe(0);
      }
    });

    it('takes large frames, and gives errors the server passes on', async () => {
      const { call } = await start({ CLICKMASK_REPLY: 'mask-bounds' });
      const large = await pictureOfBytes(12_000_000);
      expect(await call(large, { frame: 0, pos_points: [[500, 500]], neg_points: [] })).toHaveProperty('result.mask');
      const refused = await call(Buffer.from('no image'), { frame: 0, pos_points: [[1, 1]], neg_points: [] });
      expect(refused).toMatchObject({ status: 422 });
      expect((await call(large, { frame: 0, pos_points: [[1, 1]] })).error).toMatch(/mandatory argument: neg_points/);
    });
  });
}
