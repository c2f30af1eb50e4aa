import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSegmenter } from '../../src/node.js';

const models = fileURLToPath(new URL('models', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clickmask-published-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Manifest {
  family: string;
  options: Record<string, unknown>;
  refinement: Record<string, unknown>;
  graphs: Record<string, { inputs: { name: string; shape: unknown[] }[]; outputs: { name: string }[] }>;
}

async function loadChanged(model: string, change: (manifest: Manifest) => void): Promise<void> {
  const target = join(folder, model);
  await cp(join(models, model), target, { recursive: true, force: true });
  const manifest = JSON.parse(await readFile(join(target, 'model.json'), 'utf8')) as Manifest;
  change(manifest);
  await writeFile(join(target, 'model.json'), JSON.stringify(manifest));
  const segmenter = await createSegmenter({ model: target, workers: 0, threads: 1 });
  await segmenter.close();
}

/** As where an export names a tensor otherwise. */
function rename(tensors: { name: string }[], name: string): void {
  for (const tensor of tensors) if (tensor.name === name) tensor.name = `${name}_0`;
}

describe('manifests that a family cannot serve', () => {
  it.each<[string, string, (manifest: Manifest) => void, RegExp]>([
    ['no click encoding', 'isegm-open', (m) => delete m.options.encoding, /options\.encoding/],
    [
      'an unknown encoding',
      'isegm-open',
      (m) => (m.options.encoding = { kind: 'stars', radius: 5 }),
      /disks, distances/,
    ],
    ['open sizes without a target', 'isegm-open', (m) => delete m.options.longest, /options\.longest/],
    ['clicks outside neither kept nor dropped', 'isegm-fixed', (m) => (m.options.outsideClicks = 1), /keep, drop/],
    ['scales of 0', 'isegm-fixed', (m) => (m.options.std = [1, 0, 1]), /options\.std/],
    ['queries without scores', 'isegm-queries', (m) => m.graphs.network.outputs.pop(), /candidate_scores/],
    ['a short side that is no number', 'fcanet', (m) => (m.options.shortest = '512'), /options\.shortest/],
    ['the family of another network', 'fcanet', (m) => (m.family = 'isegm'), /coord_features/],
    ['no radius of the click maps', 'focalclick', (m) => delete m.options.radius, /options\.radius/],
    ['a focus smaller than what it holds', 'focalclick', (m) => (m.options.focusExpansion = 0.5), /focusExpansion/],
    ['half a click', 'focalclick', (m) => (m.options.localAfter = 2.5), /options\.localAfter.*whole|whole.*localAfter/],
    ['no second look', 'focalclick', (m) => delete m.graphs.refine, /refine/],
    ['no features for it', 'focalclick', (m) => rename(m.graphs.coarse.outputs, 'feature'), /feature/],
    ['no box for it', 'focalclick', (m) => m.graphs.refine.inputs.pop(), /focus_box/],
    ['the family of one look', 'focalclick', (m) => (m.family = 'isegm'), /network/],
    ['a merge of an unknown kind', 'focalclick', (m) => (m.refinement.progressiveMerge = {}), /whenUnchanged/],
    ['a decoder without its features', 'sam', (m) => (m.graphs.encoder.outputs = []), /image_embeddings/],
    ['an unknown choice', 'sam', (m) => (m.options.singleClick = 'second'), /singleClick.*best, first|best, first/],
    ['no points', 'sam', (m) => rename(m.graphs.decoder.inputs, 'point_coords'), /point_coords|needs|need no other/],
    ['no quality of the masks', 'sam2', (m) => rename(m.graphs.decoder.outputs, 'iou_predictions'), /iou_predictions/],
    ['no word on stability', 'sam2', (m) => delete m.options.stability, /options\.stability/],
    ['a stability beyond 1', 'sam2', (m) => (m.options.stability = { delta: 0.05, threshold: 2 }), /threshold/],
    ['without its finer features', 'sam2', (m) => m.graphs.encoder.outputs.shift(), /high_res_feats_0/],
    ['the family of SAM’s next version', 'sam', (m) => (m.family = 'sam2'), /options\.stability/],
    ['no radius', 'segnext', (m) => delete m.options.radius, /options\.radius/],
    ['a radius of 0', 'segnext', (m) => (m.options.radius = 0), /options\.radius/],
    ['no logits', 'segnext', (m) => rename(m.graphs.decoder.outputs, 'logits'), /logits/],
    ['the family of a network without prompts', 'segnext', (m) => (m.family = 'sam'), /mask_input/],
    ['a network that is no decoder', 'fcanet', (m) => (m.family = 'sam2'), /encoder, decoder/],
  ])('%s', async (_, model, change, message) => {
    const error = await loadChanged(model, change).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'bad-model', message: expect.stringMatching(message) });
  });

  it('loads them unchanged', async () => {
    for (const model of [
      'isegm-open',
      'isegm-fixed',
      'isegm-points',
      'isegm-queries',
      'fcanet',
      'focalclick',
      'sam',
      'sam2',
      'segnext',
    ]) {
      await expect(loadChanged(model, () => {})).resolves.toBeUndefined();
    }
  });
});
