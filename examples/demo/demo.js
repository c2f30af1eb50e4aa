import { createDataset, datasetFormats, resultFormats } from '/clickmask/clickmask-annotator.js';
import { snippets } from './snippets.js';

const find = (selector) => document.querySelector(selector);
const make = (name, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};
const annotator = find('#annotator');

// ---- pictures: samples, and the user's own

const samples = [
  { file: 'cat.jpg', name: 'Cat', classId: 'animal' },
  { file: 'coffee.jpg', name: 'Coffee cup', classId: 'thing' },
  { file: 'astronaut.jpg', name: 'Astronaut', classId: 'person' },
  { file: 'rocket.jpg', name: 'Rocket', classId: 'thing' },
];
const list = find('.pictures');
/** Address of the image that is shown. */
let shown = '';

function mark(button, address) {
  shown = address;
  for (const other of list.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
}

function addPicture(address, name, source, classId) {
  const button = make('button', { type: 'button', title: name }, make('img', { src: address, alt: name }));
  button.addEventListener('click', () => {
    mark(button, address);
    if (classId !== undefined) annotator.setAttribute('class-id', classId);
    // The widget itself reports errors.
    annotator.load(source).catch(() => {});
  });
  list.append(button);
  return button;
}

const addFile = (file) => {
  const address = URL.createObjectURL(file);
  const button = addPicture(address, file.name, file);
  button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return { button, address };
};
const input = find('.own input');
input.addEventListener('change', () => {
  const added = [...input.files].map(addFile);
  added[0]?.button.click();
  input.value = '';
});
// The widget already shows a dropped or pasted image.
annotator.addEventListener('clickmask-picture', ({ detail }) => {
  const { button, address } = addFile(detail.source);
  mark(button, address);
});

// ---- results

/** Names of formats that need an explanation, and their file extensions. */
const names = {
  'coco-rle': 'COCO RLE',
  'coco-rle-uncompressed': 'COCO RLE, uncompressed',
  'coco-polygon': 'COCO polygon',
  'label-studio-rle': 'Label Studio RLE',
  'cvat-mask': 'CVAT mask',
  polygon: 'polygon',
  geojson: 'GeoJSON',
  'svg-path': 'SVG path',
  bbox: 'bounding box',
  png: 'PNG mask',
};
const cutOut = 'cut-out';
const format = find('#format');
const output = find('#output');
const figure = find('#cutout');
const longest = 4000;
// Masks as page objects cannot be saved as files.
const offered = resultFormats.filter((name) => name !== 'mask' && name !== 'runs');
for (const name of [...offered, cutOut]) {
  format.append(make('option', { value: name, textContent: names[name] ?? name.replaceAll('-', ' ') }));
}

const isThere = () => annotator.annotator !== null && annotator.getResult('bbox') !== null;

/** The object cut out of its image, as a canvas. */
async function cut() {
  const mask = annotator.getResult('mask');
  const { x, y, width, height } = annotator.getResult('bbox');
  const picture = make('img', { src: shown });
  await picture.decode();
  const canvas = make('canvas', { width, height });
  const context = canvas.getContext('2d');
  context.drawImage(picture, -x, -y, mask.width, mask.height);
  const pixels = context.getImageData(0, 0, width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (mask.data[(y + row) * mask.width + x + column] === 0) pixels.data[(row * width + column) * 4 + 3] = 0;
    }
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** The result as text, or as an image. */
async function result() {
  if (format.value === cutOut) {
    const canvas = await cut();
    return new Promise((resolve) => canvas.toBlob(resolve));
  }
  const value = await annotator.getResult(format.value);
  return typeof value === 'string' || value instanceof Blob ? value : JSON.stringify(value);
}

let latest = 0;
async function update() {
  const mine = ++latest;
  const has = isThere();
  for (const id of ['#copy', '#download']) find(id).disabled = !has;
  if (!has) {
    output.value = '';
    figure.dataset.empty = '';
    figure.replaceChildren(make('p', { textContent: 'Click on something in the image: here it will lie, cut out.' }));
    return;
  }
  const [canvas, value] = await Promise.all([cut().catch(() => null), result()]);
  if (mine !== latest) return;
  if (canvas !== null) {
    delete figure.dataset.empty;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', 'The object, cut out');
    figure.replaceChildren(canvas);
  }
  const text = value instanceof Blob ? `A PNG of ${Math.ceil(value.size / 1000)} kB` : value;
  output.value = text.length > longest ? `${text.slice(0, longest)} … (${text.length} characters)` : text;
}
let waiting;
const soon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(update, 60);
};
for (const type of ['change', 'settings', 'ready']) annotator.addEventListener(`clickmask-${type}`, soon);
format.addEventListener('change', soon);
soon();

function save(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Shows the result of a button on it for a moment. */
function confirm(button, text) {
  const before = button.textContent;
  button.textContent = text;
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
}

/** @param content - a text, or a promise of an image */
async function copy(button, content) {
  try {
    if (typeof content === 'string') await navigator.clipboard.writeText(content);
    else await navigator.clipboard.write([new ClipboardItem({ 'image/png': content })]);
    confirm(button, 'Copied');
  } catch {
    confirm(button, 'Not allowed here');
  }
}

const isPicture = () => format.value === 'png' || format.value === cutOut;
find('#copy').addEventListener('click', async ({ currentTarget }) =>
  copy(currentTarget, isPicture() ? result() : await result()),
);
find('#download').addEventListener('click', async () => {
  const value = await result();
  const ending = isPicture()
    ? 'png'
    : format.value === 'geojson'
      ? 'geojson'
      : format.value === 'svg-path'
        ? 'txt'
        : 'json';
  save(value instanceof Blob ? value : new Blob([value]), `mask-${format.value}.${ending}`);
});

// ---- data sets of all images

const dataset = find('#dataset');
const labelMap = 'this image: label map';
void datasetFormats().then((all) => {
  // Formats with one file per object are in the list above.
  const sets = all.filter(({ name }) => !offered.includes(name));
  for (const { name } of sets) dataset.append(make('option', { value: name, textContent: name }));
  dataset.append(make('option', { value: labelMap, textContent: labelMap }));
  const tell = () => {
    find('#dataset-summary').textContent =
      sets.find(({ name }) => name === dataset.value)?.summary ?? 'A PNG with a number for each object';
  };
  dataset.addEventListener('change', tell);
  tell();
});
find('#download-all').addEventListener('click', async ({ currentTarget }) => {
  if (dataset.value === labelMap) return save(await annotator.getLabelMap(), 'labels.png');
  const notes = [];
  save(
    await createDataset(annotator.annotator, dataset.value, { onNote: (note) => notes.push(note) }),
    `clickmask-${dataset.value}.zip`,
  );
  if (notes.length > 0) confirm(currentTarget, `Saved, with ${notes.length} notes`);
});

// ---- the log

const replayed = find('#replayed');
const replay = async (log) => {
  try {
    const { total, identical } = await annotator.replayLog(log);
    replayed.textContent = `${total} answers asked for again: ${identical} are the same to the pixel.`;
  } catch (error) {
    replayed.textContent = error.message;
  }
};
find('#save-log').addEventListener('click', () =>
  save(new Blob([JSON.stringify(annotator.exportLog(), null, 2)], { type: 'application/json' }), 'clicks.json'),
);
find('#replay').addEventListener('click', () => replay(annotator.exportLog()));
find('#log-file').addEventListener('change', async ({ currentTarget }) => {
  const [file] = currentTarget.files;
  if (file === undefined) return;
  try {
    await replay(JSON.parse(await file.text()));
  } catch {
    replayed.textContent = `${file.name} is no log: it is not JSON.`;
  }
  currentTarget.value = '';
});

// ---- snippets

const tabs = find('.tabs');
const panel = find('#snippet');
const select = (at) => {
  const { text, code } = snippets[at];
  [...tabs.children].forEach((tab, i) => {
    tab.setAttribute('aria-selected', String(i === at));
    tab.tabIndex = i === at ? 0 : -1;
  });
  panel.setAttribute('aria-labelledby', `tab-${at}`);
  const button = make('button', { type: 'button', textContent: 'Copy' });
  button.addEventListener('click', () => copy(button, code));
  panel.replaceChildren(
    make('p', { textContent: text }),
    make('pre', { tabIndex: 0 }, make('code', { textContent: code })),
    button,
  );
};
snippets.forEach(({ name }, at) => {
  const tab = make('button', { type: 'button', id: `tab-${at}`, textContent: name });
  tab.setAttribute('role', 'tab');
  tab.setAttribute('aria-controls', 'snippet');
  tab.addEventListener('click', () => select(at));
  tabs.append(tab);
});
tabs.addEventListener('keydown', ({ key }) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[key];
  const at = [...tabs.children].indexOf(document.activeElement);
  if (by === undefined || at < 0) return;
  const next = (at + by + snippets.length) % snippets.length;
  select(next);
  tabs.children[next].focus();
});
select(0);

// ---- the first image, once everything listens

const [first] = samples.map(({ file, name, classId }) => {
  const address = `/examples/photos/${file}`;
  return addPicture(address, name, address, classId);
});
first.click();
