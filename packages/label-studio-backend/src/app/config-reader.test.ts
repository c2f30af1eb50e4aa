import { describe, expect, it } from 'vitest';
import { writeLabelingConfig } from '../labeling-config/index.js';
import { createConfigReader } from './config-reader.js';

const xml = (label: string) => writeLabelingConfig({ labels: [label] });
const labelsOf = (config: { readonly controls: readonly object[] }) => JSON.stringify(config.controls);

describe('createConfigReader', () => {
  it('reads the config of the request, and that of the setup where there is none', () => {
    const read = createConfigReader((project) => (project === '1' ? xml('Setup') : undefined));
    expect(labelsOf(read('1', xml('Request'), undefined))).toContain('Request');
    for (const none of [undefined, null, '']) expect(labelsOf(read('1', none, undefined))).toContain('Setup');
    expect(() => read('2', undefined, undefined)).toThrow(expect.objectContaining({ reason: 'bad-labeling-config' }));
  });

  it('reads labels that stand in the task from each task', () => {
    const text = `<View><Image name="image" value="$image"/>
      <BrushLabels name="mask" toName="image" value="$classes"/></View>`;
    const read = createConfigReader(() => undefined);
    for (const value of ['Cat', 'Dog']) {
      expect(labelsOf(read('1', text, { classes: [{ value }] }))).toContain(value);
    }
    expect(labelsOf(read('1', text, null))).not.toContain('Dog');
  });

  it('says each time that a config cannot be read', () => {
    const read = createConfigReader(() => undefined);
    for (let i = 0; i < 2; i++) {
      expect(() => read('1', '<View', undefined)).toThrow(expect.objectContaining({ reason: 'bad-labeling-config' }));
    }
  });

  it('keeps the latest configs, up to a number of characters', () => {
    const texts = ['aaa', 'bbb', 'ccc'].map(xml);
    const read = createConfigReader(() => undefined, 2 * texts[0].length);
    const images = (i: number) => read('1', texts[i], undefined).images;
    const known = [images(0), images(1)];
    // The same parsed config again.
    expect([images(0), images(1)].map((one, i) => one === known[i])).toEqual([true, true]);
    const third = images(2);
    expect([images(1) === known[1], images(2) === third]).toEqual([true, true]);
    expect(images(0)).not.toBe(known[0]);
  });

  it('keeps one config, however long', () => {
    const read = createConfigReader(() => undefined, 10);
    const { images } = read('1', xml('Long'), undefined);
    expect(read('1', xml('Long'), undefined).images).toBe(images);
    read('1', xml('Other'), undefined);
    expect(read('1', xml('Long'), undefined).images).not.toBe(images);
  });
});
