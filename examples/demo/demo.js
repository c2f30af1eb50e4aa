import '/clickmask/clickmask-annotator.js';

const photos = [
  { file: 'cat.jpg', name: 'Cat' },
  { file: 'coffee.jpg', name: 'Coffee cup' },
  { file: 'astronaut.jpg', name: 'Astronaut' },
  { file: 'rocket.jpg', name: 'Rocket' },
];
const formats = ['coco-rle', 'coco-polygon', 'label-studio-rle', 'cvat-mask', 'polygon', 'geojson', 'svg-path', 'bbox'];

const annotator = document.querySelector('#annotator');
const list = document.querySelector('.photos');
const format = document.querySelector('#format');
const output = document.querySelector('#output');
const result = document.querySelector('#result');

const show = (source, button) => {
  for (const other of list.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
  // What fails is shown by the widget itself.
  annotator.load(source).catch(() => {});
};

photos.forEach(({ file, name }, index) => {
  const button = document.createElement('button');
  const image = document.createElement('img');
  image.src = `/examples/photos/${file}`;
  image.alt = name;
  button.type = 'button';
  button.append(image);
  button.addEventListener('click', () => show(image.src, button));
  list.append(button);
  if (index === 0) show(image.src, button);
});

const picker = document.createElement('label');
const input = document.createElement('input');
input.type = 'file';
input.accept = 'image/*';
input.addEventListener('change', () => input.files.length > 0 && show(input.files[0], null));
picker.append('Your own picture', input);
list.append(picker);

for (const name of formats) format.append(new Option(name));
const update = () => {
  if (!result.open) return;
  const value = annotator.getResult(format.value);
  const text = value === null ? 'No mask yet.' : typeof value === 'string' ? value : JSON.stringify(value);
  output.value = text.length > 4000 ? `${text.slice(0, 4000)} … (${text.length} characters)` : text;
};
annotator.addEventListener('clickmask-change', update);
annotator.addEventListener('clickmask-settings', update);
format.addEventListener('change', update);
result.addEventListener('toggle', update);

const save = async (png, name) => {
  if (png === null) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await png);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};
document.querySelector('#save-mask').addEventListener('click', () => save(annotator.getResult('png'), 'mask.png'));
document.querySelector('#save-all').addEventListener('click', () => save(annotator.getLabelMap(), 'labels.png'));
