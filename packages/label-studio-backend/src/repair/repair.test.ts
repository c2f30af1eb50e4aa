import { ClickmaskError } from '@clickmask/core';
import { describe, expect, it } from 'vitest';
import type { LabelStudioClient } from '../client/index.js';
import { chooseOutput, outputKinds, parseLabelingConfig, writeLabelingConfig } from '../labeling-config/index.js';
import { Problem } from '../problems/index.js';
import { annotationsOf, planConfigRepair, repairResult } from './index.js';

const labels = '<Label value="Cat" hotkey="c"/><Label value="Dog, brown"/>';
const old = (tag: string) => `<View><!-- ours --><Image name="image" value="$image"/>
  <${tag}Labels name="mask" toName="image" smart="false">${labels}</${tag}Labels>
  <KeyPointLabels name="click" toName="image" smartOnly="true">${labels}</KeyPointLabels>
  <RectangleLabels name="box" toName="image" smartOnly="true">${labels}</RectangleLabels>
  <TextArea name="note" toName="image" perRegion="true"/></View>`;

describe('planConfigRepair', () => {
  it.each(['Polygon', 'Brush', 'Bitmask', 'Rectangle'])('mends a config for %s, once', (tag) => {
    const { xml } = planConfigRepair(old(tag));
    expect(xml).not.toBe(old(tag));
    expect(xml).not.toMatch(/<KeyPointLabels|<RectangleLabels/);
    expect(xml).toContain('<!-- ours -->');
    expect(xml).toContain('hotkey="c"');
    expect(xml).toContain('<TextArea name="note" toName="image" perRegion="true"/>');
    const config = parseLabelingConfig(xml);
    const kind = tag.toLowerCase();
    expect(chooseOutput(config, 'image', 'Dog, brown', 'auto')).toMatchObject({ kind, name: 'mask' });
    expect(config.controls.find(({ name }) => name === 'click')?.labels.map(({ value }) => value)).toEqual([
      'Cat',
      'Dog, brown',
    ]);
    expect(planConfigRepair(xml).xml).toBe(xml);
  });

  /** What is left of a config with polygons for its click tools, by control: where the labels are, and which. */
  const mendedTools = (inside: string) => {
    const plan = planConfigRepair(`<View>${inside}</View>`);
    expect(planConfigRepair(plan.xml).xml).toBe(plan.xml);
    const { controls } = parseLabelingConfig(plan.xml, { kinds: [{ value: 'Cup' }] });
    const tools = controls.filter(({ smartOnly }) => smartOnly);
    for (const { name, labelsFrom } of tools) expect(plan.labels.get(name)).toBe(labelsFrom);
    return tools.map(({ type, name, labels: own }) => `${name} ${type} ${own.map(({ value }) => value).join('|')}`);
  };
  const tool = (name: string, image: string, inside: string, tag = 'KeyPoint') =>
    `<PolygonLabels name="${name}-mask" toName="${image}">${inside}</PolygonLabels>
     <${tag}Labels name="${name}" toName="${image}" smartOnly="true">${inside}</${tag}Labels>`;

  it.each([
    [
      'of each image',
      `${tool('a', 'left', labels)}${tool('b', 'right', '<Label value="C"/>')}`,
      ['a', 'b'],
      ['Cat|Dog, brown', 'C'],
    ],
    [
      'of several tools',
      `${tool('a', 'left', labels)}${tool('b', 'left', `<Label value="C"/>${labels}`, 'Rectangle')}`,
      ['a', 'b'],
      ['Cat|Dog, brown|C', 'Cat|Dog, brown|C'],
    ],
    [
      'beside what is commented out',
      `<!-- ${tool('a', 'left', '<Label value="Old"/>')} -->${tool('a', 'left', labels)}`,
      ['a'],
      ['Cat|Dog, brown'],
    ],
    ['of the task', tool('a', 'left', '').replaceAll('toName', 'value="$kinds" toName'), ['a'], ['Cup']],
    ['with names that need entities', tool('a&amp;b', 'left', labels), ['a&b'], ['Cat|Dog, brown']],
    ['with quotes and signs', tool('a', 'left', `<Label value='$1 "x" > $&amp;'/>`), ['a'], ['$1 "x" > $&']],
  ])('keeps the labels %s', (_what, inside, names, expected) => {
    const images = '<Image name="left" value="$a"/><Image name="right" value="$b"/>';
    const found = mendedTools(images + inside);
    expect(found.sort()).toEqual(
      names.map(
        (name, i) =>
          `${name} ${inside.includes(`<RectangleLabels name="${name}"`) ? 'rectangle' : 'keypoint'} ${expected[i]}`,
      ),
    );
  });

  it('gives the labels a name that no other tag has', () => {
    const inside = '<Image name="left" value="$a"/><Choices name="label" toName="left"><Choice value="x"/></Choices>';
    const { labels: names } = planConfigRepair(`<View>${inside}${tool('a', 'left', labels)}</View>`);
    expect([...names.values()]).toEqual(['label2']);
  });

  it('leaves printed configs and real keypoints as they are', () => {
    for (const output of outputKinds) {
      const xml = writeLabelingConfig({ labels: ['Cat'], output });
      expect(planConfigRepair(xml).xml).toBe(xml);
    }
    const keypoints = `<View><Image name="i" value="$i"/><KeyPointLabels name="k" toName="i">${labels}</KeyPointLabels></View>`;
    expect(planConfigRepair(keypoints).xml).toBe(keypoints);
  });
});

describe('repairResult', () => {
  const frame = { to_name: 'image', original_width: 10, original_height: 10 };
  const points = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  const mask = {
    ...frame,
    id: 'a',
    from_name: 'mask',
    type: 'polygonlabels',
    value: { points, polygonlabels: ['Cat'] },
  };
  const twin = {
    ...frame,
    id: 'a',
    from_name: 'click',
    type: 'keypointlabels',
    value: { points, keypointlabels: ['Cat'] },
  };
  const note = { ...frame, id: 'a', from_name: 'note', type: 'textarea', value: { text: ['by hand'] } };

  it('drops what the click tool left beside a mask, and nothing else', () => {
    const plan = planConfigRepair(old('Polygon'));
    const mended = repairResult([mask, twin, note, 'odd'], plan);
    expect(mended).toEqual([mask, note, 'odd']);
    expect(repairResult(mended ?? [], plan)).toBeUndefined();
  });

  it('keeps a click that somebody left, as one without a label of its own', () => {
    const click = {
      ...frame,
      id: 'k',
      from_name: 'click',
      type: 'keypointlabels',
      value: { x: 1, y: 1, keypointlabels: ['Cat'] },
    };
    expect(repairResult([click], planConfigRepair(old('Polygon')))).toEqual([
      { ...click, type: 'keypoint', value: { x: 1, y: 1 } },
      { ...click, from_name: 'label', type: 'labels', value: { x: 1, y: 1, labels: ['Cat'] } },
    ]);
  });

  it('knows the regions of a <Repeater>, and gives each of its entries labels of its own', () => {
    const repeated = old('Polygon')
      .replace(/name="(mask|click|box)" toName="image"/g, 'name="$1_{{idx}}" toName="page_{{idx}}"')
      .replace('<Image name="image"', '<Repeater on="$pages"><Image name="page_{{idx}}"')
      .replace(/ {2}<TextArea.*/, '  </Repeater></View>');
    const plan = planConfigRepair(repeated);
    const { controls } = parseLabelingConfig(plan.xml, { pages: ['a', 'b'] });
    const click = controls.find(({ name }) => name === 'click_1');
    expect(click).toMatchObject({ type: 'keypoint', labelsFrom: 'label_1' });
    expect(planConfigRepair(plan.xml).xml).toBe(plan.xml);
    const ofPage = (item: typeof mask | typeof twin) => ({
      ...item,
      from_name: `${item.from_name}_1`,
      to_name: 'page_1',
    });
    expect(repairResult([ofPage(mask), ofPage(twin)], plan)).toEqual([ofPage(mask)]);
    const place = { x: 1, y: 1, keypointlabels: ['Cat'] };
    const [alone, label] = repairResult([{ ...ofPage(twin), id: 'k', value: place }], plan) ?? [];
    expect([alone, label]).toMatchObject([{ from_name: 'click_1' }, { from_name: 'label_1', type: 'labels' }]);
  });

  it('gives rectangles their label in an item of its own', () => {
    const place = { x: 1, y: 2, width: 3, height: 4 };
    const box = {
      ...frame,
      id: 'b',
      from_name: 'mask',
      type: 'rectanglelabels',
      value: { ...place, rectanglelabels: ['Cat'] },
    };
    expect(repairResult([box], planConfigRepair(old('Rectangle')))).toEqual([
      { ...box, type: 'rectangle', value: place },
      { ...box, from_name: 'label', type: 'labels', value: { ...place, labels: ['Cat'] } },
    ]);
  });
});

describe('annotationsOf', () => {
  const tasks = Array.from({ length: 120 }, (_, i) => ({ id: i + 1, annotations: [{ id: 1000 + i, result: [] }] }));
  /** Of a server whose answers may hold some tasks only. */
  const read = async (most: number) => {
    const sizes: number[] = [];
    const annotatedTasks = async (_project: number, after: number, limit: number) => {
      const page = tasks.slice(after, after + limit);
      if (page.length <= most) return page;
      sizes.push(limit);
      const cause = new ClickmaskError('request-failed', 'too much', { details: { reason: 'too-large' } });
      throw new Problem('label-studio-unreachable', 'too much', { cause });
    };
    const found: number[] = [];
    const client = { annotatedTasks } as unknown as LabelStudioClient;
    for await (const { annotation } of annotationsOf(client, 1)) found.push(annotation.id);
    return { found, sizes };
  };

  it('asks for fewer tasks at once where their annotations are too long for one answer', async () => {
    const all = tasks.map(({ annotations }) => annotations[0].id);
    expect(await read(50)).toEqual({ found: all, sizes: [] });
    expect(await read(5)).toEqual({ found: all, sizes: [50, 13] });
    expect((await read(1)).found).toEqual(all);
    await expect(read(0)).rejects.toThrow('too much');
  });
});
