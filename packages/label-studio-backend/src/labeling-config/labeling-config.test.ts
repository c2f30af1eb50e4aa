import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseOutput,
  findLabel,
  outputKinds,
  parseLabelingConfig,
  parseLabelList,
  parseXml,
  resolveValue,
  writeLabelingConfig,
} from './index.js';

describe('parseXml', () => {
  it('reads elements and attributes, and skips what is neither', () => {
    const root = parseXml(`<?xml version="1.0"?><!-- a <b> --><View a='1 > 0' b="&lt;&#65;&amp;&unknown;">
      text <Image name="i"/> <![CDATA[<x>]]> </View>`);
    expect(root).toMatchObject({ name: 'View', attributes: { a: '1 > 0', b: '<A&&unknown;' } });
    expect(root.children.map((child) => child.name)).toEqual(['Image']);
  });

  it.each([
    '',
    'text',
    '<View',
    '<View>',
    '</View>',
    '<View></Image>',
    '<View a=1/>',
    '<View a/>',
    '<1/>',
    '<!-- ',
    '<a b="></a>',
  ])('refuses %j', (text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ reason: 'bad-labeling-config' }));
  });

  it('either reads a text or says what is wrong, and never takes long', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      '"',
      "'",
      '=',
      ' ',
      'a',
      '<View>',
      '</View>',
      '&#',
      ';',
      '<!--',
      '-->',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 200 }), (parts) => {
        try {
          parseXml(parts.join(''));
        } catch (error) {
          expect(error).toMatchObject({ reason: 'bad-labeling-config' });
        }
      }),
    );
  });
});

describe('parseLabelingConfig', () => {
  const labels = (count: number) => Array.from({ length: count }, (_one, i) => `<Label value="l${i}"/>`).join('');

  it('gives labels to the innermost control only, however deep controls are nested', () => {
    const { controls } = parseLabelingConfig(
      `<View><Image name="i" value="$i"/>${'<BrushLabels name="b" toName="i">'.repeat(100)}<View>${labels(200)}</View>${'</BrushLabels>'.repeat(100)}</View>`,
    );
    expect(controls.map((control) => control.labels.length)).toEqual([...Array.from({ length: 99 }, () => 0), 200]);
  });

  it('reads shared labels once for all their targets', () => {
    const { controls } = parseLabelingConfig(
      `<View><Labels name="l" toName="a,b">${labels(3)}</Labels><Brush name="x" toName="a"/><Brush name="y" toName="b"/></View>`,
    );
    expect(controls[0].labels).toHaveLength(3);
    expect(controls[1].labels).toBe(controls[0].labels);
  });

  it.each([
    ['labels', `<Labels name="l" toName="i">${labels(2000)}</Labels>${'<Brush name="b" toName="i"/>'.repeat(11)}`],
    ['names in toName', `<Brush name="b" toName="${'i,'.repeat(20_001)}"/>`],
  ])('refuses more than 20000 %s', (what, tags) => {
    expect(() => parseLabelingConfig(`<View>${tags}</View>`)).toThrow(
      expect.objectContaining({ reason: 'bad-labeling-config', message: expect.stringContaining(what) }),
    );
  });
});

describe('writeLabelingConfig', () => {
  it('gives for any labels a config that the backend reads back', () => {
    const label = fc
      .string({ minLength: 1, maxLength: 20 })
      .map((text) => text.trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(
        fc.uniqueArray(label, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(...outputKinds),
        (labels, output) => {
          const config = parseLabelingConfig(writeLabelingConfig({ labels, output, negativeTool: true }));
          const control = chooseOutput(config, 'image', labels[0], 'auto');
          expect(control).toMatchObject({ kind: output, name: 'mask' });
          expect(control.labels.map((one) => one.value)).toEqual(labels);
          expect(config.controls.filter((one) => one.negative).map((one) => one.name)).toEqual(['click-negative']);
          expect(config.images).toEqual([{ name: 'image', value: '$image', multiple: false }]);
        },
      ),
    );
  });

  it('needs a label', () => {
    expect(() => writeLabelingConfig({ labels: [' '] })).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});

describe('chooseOutput', () => {
  const config = parseLabelingConfig(`<View><Image name="image" value="$image"/>
    <RectangleLabels name="box" toName="image" smartOnly="true"><Label value="Cat"/></RectangleLabels>
    <PolygonLabels name="polygon" toName="image"><Label value="Cat" alias="kitty"/><Label value="Dog"/></PolygonLabels>
    <BrushLabels name="brush" toName="image, other"><Label value="Cat"/></BrushLabels></View>`);

  it('prefers the control that knows the label, then the more exact kind', () => {
    expect(chooseOutput(config, 'image', 'Cat', 'auto').name).toBe('brush');
    expect(chooseOutput(config, 'image', 'Dog', 'auto').name).toBe('polygon');
    expect(chooseOutput(config, 'other', 'Dog', 'auto').name).toBe('brush');
    expect(chooseOutput(config, 'image', 'Cat', 'polygon').name).toBe('polygon');
  });

  it('prefers a control that is no smart tool to a more exact kind', () => {
    const mixed = parseLabelingConfig(`<View><Image name="image" value="$image"/>
      <BrushLabels name="brush" toName="image"><Label value="Cat"/></BrushLabels>
      <PolygonLabels name="polygon" toName="image" smart="false"><Label value="Cat"/></PolygonLabels></View>`);
    expect(chooseOutput(mixed, 'image', 'Cat', 'auto').name).toBe('polygon');
  });

  it('never answers with a rectangle that is for prompts only', () => {
    expect(() => chooseOutput(config, 'image', 'Cat', 'rectangle')).toThrow(
      expect.objectContaining({ reason: 'no-output-tag' }),
    );
  });

  it('finds labels by value, alias and predicted value, whatever the case', () => {
    const polygon = config.controls.find((control) => control.name === 'polygon');
    if (polygon === undefined) throw new Error('missing');
    expect(findLabel(polygon, 'CAT')?.value).toBe('kitty');
    expect(findLabel(polygon, 'kitty')?.value).toBe('kitty');
    expect(findLabel(polygon, 'Bird')).toBeUndefined();
  });
});

describe('parseLabelList', () => {
  it.each([
    ['Cat,Dog', ['Cat', 'Dog']],
    [' Cat , "Dog, brown" ,"12"" pipe",Ψ', ['Cat', 'Dog, brown', '12" pipe', 'Ψ']],
    ['a"b', ['a"b']],
    ['', []],
    [',,', []],
  ])('reads %j', (text, labels) => {
    expect(parseLabelList(text)).toEqual(labels);
  });

  it('refuses a quote that does not end', () => {
    expect(() => parseLabelList('"Cat,Dog')).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });
});

describe('resolveValue', () => {
  const data = { image: 'a.png', 'doc.scan': 'b.png', images: ['c.png', 'd.png'], doc: { pages: [{ url: 'e.png' }] } };
  it.each([
    ['$image', 'a.png'],
    ['$doc.scan', 'b.png'],
    ['$images', ['c.png', 'd.png']],
    ['$images[1]', 'd.png'],
    ['$doc.pages[0].url', 'e.png'],
    ['https://x/$image', 'https://x/a.png'],
    ['plain.png', 'plain.png'],
    ['$nothing', undefined],
    ['$images[9].url', undefined],
    ['$constructor', undefined],
  ])('gives for %s what the editor shows', (value, expected) => {
    expect(resolveValue(value, data)).toEqual(expected);
  });
});

describe('a config that depends on the task', () => {
  const xml = `<View><Repeater on="$pages" indexFlag="{{page}}"><Image name="i{{page}}" value="$pages[{{page}}]"/>
    <Polygon name="p{{page}}" toName="i{{page}}"/><Labels name="l{{page}}" toName="i{{page}}"><Label value="A"/></Labels>
    </Repeater></View>`;

  it('stands once for each page', () => {
    const config = parseLabelingConfig(xml, { pages: ['a', 'b'] });
    expect(config.images.map(({ name, value }) => [name, value])).toEqual([
      ['i0', '$pages[0]'],
      ['i1', '$pages[1]'],
    ]);
    expect(config.controls.map(({ name, labelsFrom }) => [name, labelsFrom])).toEqual([
      ['p0', 'l0'],
      ['p1', 'l1'],
    ]);
    expect(parseLabelingConfig(xml, {}).images).toEqual([]);
    expect(parseLabelingConfig(xml).images).toHaveLength(1);
  });

  it('is refused where a task makes too much of it', () => {
    const pages = Array.from({ length: 30_000 }, () => 'a');
    expect(() => parseLabelingConfig(xml, { pages })).toThrow(
      expect.objectContaining({ reason: 'bad-labeling-config' }),
    );
  });

  it('takes labels from the task, and a lone image for controls that name none', () => {
    const config = parseLabelingConfig(
      '<View><Image name="i" value="$i"/><BrushLabels name="b" value="$classes"/></View>',
      {
        classes: [{ value: 'Cat', alias: 'c' }, 'Dog', 7],
      },
    );
    expect(config.controls).toMatchObject([{ toName: ['i'], labels: [{ value: 'c' }, { value: 'Dog' }] }]);
  });
});
