import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type OutputKind, writeLabelingConfig } from '@clickmask/label-studio-backend';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EditorPage, openEditor } from './editor-page.js';
import { installReaders, type LabelStudioServer, labelStudioVersion, testedVersion } from './label-studio-server.js';
import { artifacts, root, type Stage, stageOrReason, startStage } from './stage.js';

const reader = fileURLToPath(new URL('read-exports.py', import.meta.url));
const sizes = { coffee: [600, 400], cat: [451, 300] };

type Json = Readonly<Record<string, unknown>>;
interface Item extends Json {
  readonly id: string;
  readonly from_name: string;
  readonly value: Json;
}

/** A row of the table: one export, read back. */
interface Row {
  readonly export: string;
  readonly expected?: number;
  readonly found?: number;
  readonly missing?: number;
  readonly iou?: number;
  readonly error?: string;
}

let unavailable: string | undefined;
let python: string;
let stage: Stage;
let labelStudio: LabelStudioServer;
const table: string[] = [];

beforeAll(async () => {
  const started = await stageOrReason(async () => {
    python = await installReaders(5 * 60_000);
    return startStage();
  });
  if (typeof started === 'string') unavailable = started;
  else {
    stage = started;
    ({ labelStudio } = stage);
  }
}, 14 * 60_000);

afterAll(async () => {
  if (unavailable !== undefined) return;
  writeFileSync(`${artifacts}/exports.txt`, `${table.join('\n')}\n`);
  console.log(table.join('\n'));
  await stage?.close();
}, 60_000);

async function makeProject(config: string): Promise<{ project: number; tasks: Record<'coffee' | 'cat', number> }> {
  const { project } = await stage.makeProject(config);
  const upload = (name: string) =>
    labelStudio.upload(project, `${name}.jpg`, readFileSync(`${root}examples/photos/${name}.jpg`));
  const tasks = { coffee: await upload('coffee'), cat: await upload('cat') };
  return { project, tasks };
}

/** What the backend answered last, with the label that the annotator gave. */
const answered = (editor: EditorPage, picture: string, label: string) => {
  const { result } = editor.calls[editor.calls.length - 1].answer.data as { result: Item[] };
  return result.filter((item) => item.from_name === 'mask').map(({ id, value }) => ({ id, picture, label, value }));
};

/** All exports that Label Studio offers for the project; those with images hold the same beside them. */
async function exportAll(project: number, folder: string): Promise<string[]> {
  const formats = (await labelStudio.call('GET', `/api/projects/${project}/export/formats`)) as Json[];
  const names = formats
    .filter(({ disabled }) => disabled !== true)
    .map(({ name }) => String(name))
    .filter((name) => !name.endsWith('_WITH_IMAGES'));
  for (const name of names) {
    const path = `/api/projects/${project}/export?exportType=${name}&download_resources=false`;
    const response = await fetch(`${labelStudio.url}${path}`, {
      headers: { authorization: `Token ${labelStudio.token}` },
    });
    expect(`${name} ${response.status}`).toBe(`${name} 200`);
    writeFileSync(join(folder, name), new Uint8Array(await response.arrayBuffer()));
  }
  return names;
}

const offered: Readonly<Record<OutputKind, readonly string[]>> = {
  brush: ['BRUSH_TO_COCO', 'BRUSH_TO_NUMPY', 'BRUSH_TO_PNG'],
  polygon: ['COCO', 'YOLO', 'YOLO_OBB'],
  rectangle: ['COCO', 'VOC', 'YOLO', 'YOLO_OBB'],
  bitmask: [],
};
/** By label-studio-converter; it knows neither BRUSH_TO_COCO nor YOLO_OBB, and of brushes only the RLE. */
const converted: Readonly<Record<OutputKind, readonly string[]>> = {
  brush: [],
  polygon: ['COCO', 'YOLO'],
  rectangle: ['COCO', 'YOLO'],
  bitmask: [],
};

describe('exports of what was clicked in a real Label Studio', { timeout: 240_000 }, () => {
  it.for(['brush', 'polygon', 'bitmask', 'rectangle'] as const)('%s', async (output, context) => {
    if (unavailable !== undefined) return context.skip(unavailable);
    if (output === 'bitmask' && !labelStudio.knowsTag('BitmaskLabels')) context.skip('this version has no bitmasks');
    const labels = ['Cup', 'Löffel, "alt" & 猫'];
    const config = writeLabelingConfig({ labels, output });
    const { project, tasks } = await makeProject(config);
    const editor = await openEditor(stage.browser as Browser, labelStudio);
    const rows = output === 'brush' ? { click: 1, box: 2 } : { click: 0, box: 0 };

    await editor.openTask(project, tasks.coffee);
    await editor.setAutoAnnotation(true);
    await editor.pickLabel(rows.click, labels[0]);
    await editor.pickSmartTool('key-point');
    await editor.clickPicture(0.5, 0.45);
    await editor.clickPicture(0.15, 0.8, { alt: true });
    const cup = answered(editor, 'coffee', labels[0]);
    await editor.acceptAll();
    // The label is kept; the next object is of the same class, and is given the other one afterwards.
    await editor.clickPicture(0.9, 0.5);
    const wood = answered(editor, 'coffee', labels[1]);
    await editor.acceptAll();
    await editor.selectRegion(wood[0].id);
    await editor.pickLabel(0, labels[1]);
    await editor.screenshot(`${artifacts}/exports-${output}.png`);
    await editor.submit();

    // A box alone, then a click for another object.
    await editor.openTask(project, tasks.cat);
    await editor.pickLabel(rows.box, labels[1]);
    await editor.pickSmartTool('rectangle');
    await editor.dragPicture([0.22, 0.28], [0.46, 0.58]);
    const eye = answered(editor, 'cat', labels[1]);
    await editor.acceptAll();
    await editor.pickLabel(rows.click, labels[0]);
    await editor.pickSmartTool('key-point');
    await editor.clickPicture(0.6, 0.85);
    const cat = answered(editor, 'cat', labels[0]);
    await editor.acceptAll();
    await editor.submit();
    await editor.page.close();

    const folder = mkdtempSync(join(tmpdir(), 'clickmask-exports-'));
    const exports = await exportAll(project, folder);
    const ofMasks = exports.filter((name) => !/^(?:JSON|JSON_MIN|CSV|TSV)$/.test(name)).sort();
    // Older versions offer fewer.
    if (labelStudioVersion === testedVersion) expect(ofMasks).toEqual(offered[output]);
    else expect(offered[output]).toEqual(expect.arrayContaining(ofMasks));
    writeFileSync(join(folder, 'config.xml'), config);
    const truth = {
      sizes,
      tasks: { [tasks.coffee]: 'coffee', [tasks.cat]: 'cat' },
      exports,
      converted: converted[output],
      regions: [...cup, ...wood, ...eye, ...cat],
    };
    writeFileSync(join(folder, 'truth.json'), JSON.stringify(truth));
    const said = execFileSync(python, [reader, folder], { encoding: 'utf8' });
    if (process.env.KEEP === undefined) rmSync(folder, { recursive: true });
    else console.log(folder);
    const found = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    for (const row of found) {
      const words = row.error ?? `${row.found} of ${row.expected} regions, ${row.missing} missing, IoU ${row.iou}`;
      table.push(`${output.padEnd(10)}${row.export.padEnd(24)}${words}`);
    }
    const wrong = found.filter(
      (row) => row.error !== undefined || row.found !== row.expected || row.missing !== 0 || (row.iou ?? 0) < 0.99,
    );
    expect(wrong).toEqual([]);
  });
});
