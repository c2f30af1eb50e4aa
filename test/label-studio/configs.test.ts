import { readFileSync } from 'node:fs';
import { labelStudioRle, polygonJson } from '@clickmask/core/formats';
import { maskIou } from '@clickmask/core/masks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EditorPage, openEditor } from './editor-page.js';
import { artifacts, root, type Stage, stageOrReason, startStage } from './stage.js';

type Json = Readonly<Record<string, unknown>>;
type Photo = 'coffee' | 'cat' | 'named';

let stage: Stage | string;
/** The addresses that tasks name the uploaded photos by. */
const at = { coffee: '', cat: '', named: '' };

beforeAll(async () => {
  stage = await stageOrReason(startStage);
  if (typeof stage === 'string') return;
  const { labelStudio } = stage;
  const { project } = await stage.makeProject('<View><Image name="image" value="$image"/></View>', false);
  for (const photo of ['coffee', 'cat', 'named'] as const) {
    const name = photo === 'named' ? 'große Tasse 50% #1 + (2) 猫' : photo;
    const task = await labelStudio.upload(project, `${name}.jpg`, readFileSync(photoPath(photo)));
    const { data } = (await labelStudio.call('GET', `/api/tasks/${task}/`)) as { data: { image: string } };
    at[photo] = data.image;
  }
}, 14 * 60_000);

afterAll(async () => {
  if (typeof stage !== 'string') await stage?.close();
}, 60_000);

const photoPath = (photo: Photo) => `${root}examples/photos/${photo === 'named' ? 'coffee' : photo}.jpg`;
const widths = { coffee: 600, cat: 451, named: 600 };
/** A place on the cup, and one on the cat's face. */
const places = { coffee: [0.5, 0.45], cat: [0.6, 0.85], named: [0.5, 0.45] } as const;

/** Something that is clicked, and what is to come of it. */
interface Clicked {
  readonly photo: Photo;
  /** Row of labels, and the label to take; none for tools without. */
  readonly label?: readonly [row: number, label: string];
  /** The label that is stored, where it is another word. */
  readonly stored?: string;
  /** Which of the images that are shown. */
  readonly picture?: number;
  /** What is done before. */
  readonly first?: (editor: EditorPage) => Promise<void>;
  readonly region: Json;
}

interface Case {
  readonly name: string;
  readonly config: string;
  readonly data: () => Json;
  readonly clicks: readonly Clicked[];
}

const labels = '<Label value="Cup"/><Label value="Cat"/>';
const smart = 'smart="true" smartOnly="true"';
const tools = (picture: string, suffix = '') =>
  `<BrushLabels name="mask${suffix}" toName="${picture}" smart="false">${labels}</BrushLabels>
   <keypointlabels name="click${suffix}" toName="${picture}" ${smart}>${labels}</keypointlabels>`;
const brush = (to_name: string, from_name = 'mask') => ({ type: 'brushlabels', from_name, to_name });
const turnPage = (editor: EditorPage) => editor.nextPicture();
const side = (name: string, value: string) =>
  `<View style="width:50%"><Image name="${name}" value="${value}"/>${tools(name, `-${name}`)}</View>`;

const cases: readonly Case[] = [
  {
    name: 'a file with an odd name',
    config: `<View><Image name="image" value="$image"/>${tools('image')}</View>`,
    data: () => ({ image: at.named }),
    clicks: [{ photo: 'named', label: [1, 'Cup'], region: brush('image') }],
  },
  {
    name: 'labels with quotes, commas and other scripts',
    config: `<View><Image name='image' value='$a.b[0].c'/>
      <BrushLabels name="mask" toName="image" smart="false"><Label value="Cup, &quot;12'&quot; &lt;big&gt; &amp; 猫"/></BrushLabels>
      <keypointlabels name='click' toName='image' ${smart}><Label value='Cup, "12&apos;" &lt;big> &amp; 猫'/></keypointlabels></View>`,
    data: () => ({ a: { b: [{ c: at.coffee }] } }),
    clicks: [{ photo: 'coffee', label: [1, `Cup, "12'" <big> & 猫`], region: brush('image') }],
  },
  {
    name: 'brush and polygon, by label',
    config: `<View><Image name="image" value="$image"/>
      <BrushLabels name="mask" toName="image" smart="false"><Label value="Cup"/></BrushLabels>
      <PolygonLabels name="outline" toName="image" smart="false"><Label value="Cat"/></PolygonLabels>
      <keypointlabels name="click" toName="image" ${smart}>${labels}</keypointlabels></View>`,
    data: () => ({ image: at.cat }),
    clicks: [
      { photo: 'cat', label: [2, 'Cat'], region: { type: 'polygonlabels', from_name: 'outline', to_name: 'image' } },
    ],
  },
  {
    name: 'bitmasks with labels',
    config: `<View><Image name="image" value="$image"/>
      <BitmaskLabels name="mask" toName="image" smart="false">${labels}</BitmaskLabels>
      <keypointlabels name="click" toName="image" ${smart}>${labels}</keypointlabels></View>`,
    data: () => ({ image: at.coffee }),
    clicks: [
      { photo: 'coffee', label: [1, 'Cup'], region: { type: 'bitmasklabels', from_name: 'mask', to_name: 'image' } },
    ],
  },
  {
    name: 'an address with a variable in it',
    config: `<View><Image name="image" value="/data/upload/$name"/>${tools('image')}</View>`,
    data: () => ({ name: at.coffee.replace(/^\/data\/upload\//, '') }),
    clicks: [{ photo: 'coffee', label: [1, 'Cup'], region: brush('image') }],
  },
  {
    name: 'Repeater',
    config: `<View><Repeater on="$pages" indexFlag="{{idx}}"><Image name="page_{{idx}}" value="$pages[{{idx}}].url"/>
      ${tools('page_{{idx}}', '_{{idx}}')}</Repeater></View>`,
    data: () => ({ pages: [{ url: at.coffee }, { url: at.cat }] }),
    clicks: [
      { photo: 'coffee', label: [1, 'Cup'], region: brush('page_0', 'mask_0') },
      { photo: 'cat', picture: 1, label: [3, 'Cat'], region: brush('page_1', 'mask_1') },
    ],
  },
  {
    name: 'list with paging',
    config: `<View><Image name="image" valueList="$pages"/>${tools('image')}</View>`,
    data: () => ({ pages: [at.coffee, at.cat] }),
    clicks: [
      { photo: 'coffee', label: [1, 'Cup'], region: { ...brush('image'), item_index: 0 } },
      { photo: 'cat', label: [1, 'Cat'], first: turnPage, region: { ...brush('image'), item_index: 1 } },
    ],
  },
  {
    name: 'several images',
    config: `<View><Image name="left" value="$a"/><Image name="right" value="$docs.pages[0].url"/>
      <Labels name="label-left" toName="left">${labels}</Labels><Labels name="label-right" toName="right">${labels}</Labels>
      <Brush name="mask-left" toName="left" smart="false"/><Brush name="mask-right" toName="right" smart="false"/>
      <KeyPoint name="click-left" toName="left" ${smart}/><KeyPoint name="click-right" toName="right" ${smart}/></View>`,
    data: () => ({ a: at.coffee, docs: { pages: [{ url: at.cat }] } }),
    clicks: [
      { photo: 'coffee', label: [0, 'Cup'], region: { type: 'brush', from_name: 'mask-left', to_name: 'left' } },
      {
        photo: 'cat',
        picture: 1,
        label: [1, 'Cat'],
        region: { type: 'brush', from_name: 'mask-right', to_name: 'right' },
      },
    ],
  },
  {
    name: 'Pairwise',
    config: `<View><Pairwise name="best" toName="left,right"/><View style="display:flex">
      ${side('left', '$a')}${side('right', '$b')}</View></View>`,
    data: () => ({ a: at.coffee, b: at.cat }),
    clicks: [
      { photo: 'coffee', label: [1, 'Cup'], region: brush('left', 'mask-left') },
      { photo: 'cat', picture: 1, label: [3, 'Cat'], region: brush('right', 'mask-right') },
    ],
  },
  {
    name: 'dynamic labels',
    config: `<View><Image name="image" value="$image"/><BrushLabels name="mask" toName="image" value="$kinds" smart="false"/>
      <KeyPointLabels name="click" toName="image" value="$kinds" ${smart}/></View>`,
    data: () => ({ image: at.coffee, kinds: [{ value: 'Cup' }, { value: 'Saucer', alias: 'plate' }] }),
    clicks: [{ photo: 'coffee', label: [1, 'Saucer'], stored: 'plate', region: brush('image') }],
  },
  {
    name: 'dynamic labels of bare tools',
    config: `<View><Image name="image" value="$image"/><Labels name="label" toName="image" value="$kinds"/>
      <Brush name="mask" toName="image" smart="false"/><keypoint name="click" toName="image" ${smart}/></View>`,
    data: () => ({ image: at.cat, kinds: [{ value: 'Cup' }, { value: 'Cat' }] }),
    clicks: [{ photo: 'cat', label: [0, 'Cat'], region: { type: 'brush', from_name: 'mask', to_name: 'image' } }],
  },
  {
    name: 'bare tools without labels',
    config: `<View><Image name="image" value="$image"/><Brush name="mask" toName="image" smart="false"/>
      <KeyPoint name="click" toName="image" ${smart}/></View>`,
    data: () => ({ image: at.coffee }),
    clicks: [{ photo: 'coffee', region: { type: 'brush', from_name: 'mask', to_name: 'image' } }],
  },
  {
    name: 'Collapse, and what stands per region',
    config: `<View><Collapse><Panel value="Tools"><View>
      <keypointlabels name="click" toName="image" ${smart}>${labels}</keypointlabels></View></Panel></Collapse>
      <Image name="image" value="$image"/>
      <View visibleWhen="no-region-selected"><BrushLabels name="mask" toName="image" smart="false">${labels}</BrushLabels></View>
      <Choices name="quality" toName="image" perRegion="true" whenTagName="mask" whenLabelValue="Cup"><Choice value="good"/></Choices>
      <TextArea name="note" toName="image" perRegion="true" visibleWhen="region-selected"/></View>`,
    data: () => ({ image: at.coffee }),
    clicks: [
      {
        photo: 'coffee',
        label: [0, 'Cup'],
        first: async ({ page }) => {
          await page.getByText('Tools', { exact: true }).click();
          await page.waitForTimeout(800);
        },
        region: brush('image'),
      },
    ],
  },
  {
    name: 'an alias',
    config: `<View><Image name="image" value="$image"/>
      <BrushLabels name="mask" toName="image" smart="false"><Label value="Cup" alias="cup"/></BrushLabels>
      <keypointlabels name="click" toName="image" ${smart}><Label value="Cup"/></keypointlabels></View>`,
    data: () => ({ image: at.coffee }),
    clicks: [{ photo: 'coffee', label: [1, 'Cup'], stored: 'cup', region: brush('image') }],
  },
  {
    name: 'a tool that is smart and ordinary, in any spelling',
    config: `<View><Image name="image" value="$image"/>
      <brushlabels name="mask" toName="image" smart="false">${labels}</brushlabels>
      <KeyPointLabels name="click" toName="image" smart="true">${labels}</KeyPointLabels></View>`,
    data: () => ({ image: at.coffee }),
    clicks: [{ photo: 'coffee', label: [1, 'Cup'], region: brush('image') }],
  },
];

describe('labeling configs in the editor', { timeout: 150_000 }, () => {
  it.for(cases)('$name', async ({ name, config, data, clicks }, context) => {
    if (typeof stage === 'string') return context.skip(stage);
    const { labelStudio, browser, makeProject } = stage;
    if (config.includes('Bitmask') && !labelStudio.knowsTag('BitmaskLabels'))
      context.skip('this version has no bitmasks');
    if (browser === undefined) throw new Error('The stage has no browser.');
    const { project } = await makeProject(config);
    await labelStudio.call('POST', `/api/projects/${project}/import`, [{ data: data() }]);
    const { tasks } = (await labelStudio.call('GET', `/api/tasks/?project=${project}`)) as { tasks: { id: number }[] };
    const editor = await openEditor(browser, labelStudio);
    const picture = `${artifacts}/config-${name.replace(/[^a-z]+/gi, '-').toLowerCase()}`;
    try {
      await editor.openTask(project, tasks[0].id);
      await editor.setAutoAnnotation(true);
      for (const [i, clicked] of clicks.entries()) {
        await clicked.first?.(editor);
        if (clicked.label !== undefined) await editor.pickLabel(clicked.label[0], clicked.label[1]);
        await editor.pickSmartTool('key-point', clicked.picture);
        const before = editor.calls.length;
        const [x, y] = places[clicked.photo];
        await editor.clickPicture(x, y, { picture: clicked.picture });
        await editor.screenshot(`${picture}-${i + 1}.png`);
        const { context: sent, answer } = editor.calls[before];
        const { result } = answer.data as { result: Json[] };
        expect(result[0]).toMatchObject({ ...clicked.region, original_width: widths[clicked.photo] });
        expect([...new Set(labelsOf(result))]).toEqual(namesOf(clicked));
        const own = await expected(clicked.photo, sent.result[sent.result.length - 1].value as Json);
        if (clicked.region.type === 'polygonlabels') expect(maskIou(outlineOf(result[0]), own)).toBeGreaterThan(0.9);
        else if (clicked.region.type !== 'bitmasklabels') {
          expect(maskIou(labelStudioRle.parse(result[0]), own)).toBeGreaterThanOrEqual(0.99);
        }
        await editor.acceptAll();
      }
      await editor.submit();
      const [annotation] = (await labelStudio.call('GET', `/api/tasks/${tasks[0].id}/annotations/`)) as {
        result: Json[];
      }[];
      for (const clicked of clicks) {
        const { region } = clicked;
        const stored = annotation.result.find((one) => one.from_name === region.from_name && sameItem(one, region));
        expect(stored).toMatchObject(region);
        expect(labelsOf(annotation.result.filter(({ id }) => id === stored?.id))).toEqual(
          expect.arrayContaining(namesOf(clicked)),
        );
      }
    } finally {
      await editor.page.close();
    }
  });
});

const sameItem = (one: Json, region: Json) => one.item_index === region.item_index || region.item_index === undefined;

const namesOf = ({ label, stored = label?.[1] }: Clicked) => (stored === undefined ? [] : [stored]);

const labelsOf = (result: readonly Json[]) =>
  result.flatMap(({ type, value }) => ((value as Json)[String(type)] as string[] | undefined) ?? []);

/** The inside of a polygon region; its holes are filled and its outline is simplified. */
function outlineOf({ value, original_width: width, original_height: height }: Json) {
  const size = { width: Number(width), height: Number(height) };
  const { points } = value as { points: [number, number][] };
  return polygonJson.parse([[points.map(([x, y]) => [(x / 100) * size.width, (y / 100) * size.height])]], { size });
}

/** What the core answers for the same click. */
async function expected(photo: Photo, value: Json) {
  const { segmenter } = stage as Stage;
  const image = await segmenter.open(new Uint8Array(readFileSync(photoPath(photo))));
  const { x, y } = value as { x: number; y: number };
  const click = { x: (x / 100) * image.width, y: (y / 100) * image.height, label: 'positive' as const };
  const { runs } = await segmenter.segment(image, { clicks: [click] });
  await image.close();
  return runs;
}
