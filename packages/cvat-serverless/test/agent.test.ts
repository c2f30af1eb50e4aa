import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { initBundle, invokeFunction, readReply, runBundle } from '../src/index.js';
import { pictureKinds } from './support/pictures.js';
import { temporaryFolder } from './support/wrappers.js';

const python = process.env.CVAT_CLI_PYTHON;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const missing = "CVAT_CLI_PYTHON names no Python with CVAT's cvat-cli, 2.71 or later";

describe("cvat-cli's agent", { timeout: 240_000 }, () => {
  let root: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeAll(async () => {
    root = await temporaryFolder();
  });
  afterAll(() => root.remove());

  it('gets the masks that CVAT gets from nuclio, and opens a frame once', async (context) => {
    if (python === undefined || !existsSync(python)) return context.skip(missing);
    if (!existsSync(here('../dist/function/function.js'))) return context.skip('the packages are not built');
    const out = join(root.path, 'function');
    await initBundle({ out, cvat: '2.80' });
    const running = await runBundle(out);
    onTestFinished(() => running.close());
    const { png } = await pictureKinds();
    const picture = join(root.path, 'picture.png');
    await writeFile(picture, png);
    const box = { x1: 78, y1: 38, x2: 162, y2: 122 };
    const requests = [
      { pos_points: [[120, 80]], neg_points: [], obj_bbox: [] },
      { pos_points: [[120, 80]], neg_points: [[10, 10]], obj_bbox: [] },
      {
        pos_points: [],
        neg_points: [],
        obj_bbox: [
          [box.x1, box.y1],
          [box.x2, box.y2],
        ],
      },
      { pos_points: [], neg_points: [[10, 10]], obj_bbox: [] },
    ];
    const agent = [here('../agent/clickmask_agent.py'), running.url, picture];
    const { stdout } = await promisify(execFile)(python, [
      here('support/agent_driver.py'),
      ...agent,
      ...requests.map((request) => JSON.stringify(request)),
    ]);
    const { loaded, results } = JSON.parse(stdout) as { loaded: number; results: object[] };
    expect(loaded).toBe(1);
    const size = { width: 240, height: 160 };
    const masks = results.map((result) => readReply(JSON.stringify(result), size));
    const [first] = masks;
    expect(first.score).toBeGreaterThan(0);
    const same = await invokeFunction({ url: running.url, image: png, positive: [[120, 80]] });
    expect(first.area).toBe(same.area);
    expect([...first.runs.spans]).toEqual([...same.runs.spans]);
    const boxed = await invokeFunction({ url: running.url, image: png, box });
    expect([...masks[2].runs.spans]).toEqual([...boxed.runs.spans]);
    expect(results[3]).toEqual({ shapes: [] });
  });
});
