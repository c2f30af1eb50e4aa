import '/clickmask/clickmask-annotator.js';
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

function show(source, button, classId) {
  for (const other of list.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
  if (classId !== undefined) annotator.setAttribute('class-id', classId);
  // What fails is said by the widget itself.
  annotator.load(source).catch(() => {});
}

function addPicture(address, name, source, classId) {
  const button = make('button', { type: 'button', title: name }, make('img', { src: address, alt: name }));
  button.addEventListener('click', () => show(source, button, classId));
  list.insertBefore(button, list.querySelector('label'));
  return button;
}

const input = make('input', { type: 'file', accept: 'image/*', multiple: true });
list.append(
  make('label', { className: 'button', title: 'Or drop them on the picture, or paste one' }, 'Your own …', input),
);
const buttons = samples.map(({ file, name, classId }) => {
  const address = `/examples/photos/${file}`;
  return addPicture(address, name, address, classId);
});
show('/examples/photos/cat.jpg', buttons[0], 'animal');

const addFile = (file) => addPicture(URL.createObjectURL(file), file.name, file);
input.addEventListener('change', () => {
  const added = [...input.files].map(addFile);
  added[0]?.click();
  input.value = '';
});
// Dropped or pasted on the widget, which shows it already.
annotator.addEventListener('clickmask-picture', ({ detail }) => {
  const button = addFile(detail.source);
  for (const other of list.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
});

// ---- results

const formats = {
  'coco-rle': ['COCO RLE', 'json'],
  'coco-polygon': ['COCO polygon', 'json'],
  'label-studio-rle': ['Label Studio RLE', 'json'],
  'cvat-mask': ['CVAT mask', 'json'],
  polygon: ['Polygon', 'json'],
  geojson: ['GeoJSON', 'geojson'],
  'svg-path': ['SVG path', 'txt'],
  bbox: ['Bounding box', 'json'],
  png: ['PNG', 'png'],
};
const format = find('#format');
const output = find('#output');
const shape = find('#shape');
const longest = 4000;
for (const [value, [name]] of Object.entries(formats)) format.append(make('option', { value, textContent: name }));

/** The result as text, or as the promise of a picture; null where there is no mask. */
const result = () => {
  const value = annotator.annotator === null ? null : annotator.getResult(format.value);
  return value === null || typeof value === 'string' || value instanceof Promise ? value : JSON.stringify(value);
};

async function update() {
  const value = result();
  const isPicture = value instanceof Promise;
  shape.hidden = !isPicture;
  output.hidden = isPicture;
  for (const id of ['#copy', '#download']) find(id).disabled = value === null;
  if (value === null) output.value = 'Click on something in the picture.';
  else if (!isPicture) {
    output.value = value.length > longest ? `${value.slice(0, longest)} … (${value.length} characters)` : value;
  } else {
    const address = URL.createObjectURL(await value);
    const image = make('img', { src: address, alt: 'The mask: white on the object, black around it' });
    image.addEventListener('load', () => URL.revokeObjectURL(address));
    shape.replaceChildren(image);
  }
}
for (const type of ['change', 'settings', 'ready']) annotator.addEventListener(`clickmask-${type}`, update);
format.addEventListener('change', update);
void update();

function save(blob, name) {
  const link = make('a', { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Says for a moment on a button what it did. */
function confirm(button, text) {
  const before = button.textContent;
  button.textContent = text;
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    confirm(button, 'Copied');
  } catch {
    confirm(button, 'Not allowed here');
  }
}

find('#copy').addEventListener('click', async ({ currentTarget }) => {
  const value = result();
  if (!(value instanceof Promise)) return copy(currentTarget, value);
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': value })]);
  confirm(currentTarget, 'Copied');
});
find('#download').addEventListener('click', async () => {
  const value = result();
  const name = `mask-${format.value}.${formats[format.value][1]}`;
  save(value instanceof Promise ? await value : new Blob([value]), name);
});
find('#all').addEventListener('click', async () => save(await annotator.getLabelMap(), 'labels.png'));

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
