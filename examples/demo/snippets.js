// The printed code works unchanged: addresses are those of this server, and commands say where to run them.
const here = location.origin;

export const snippets = [
  {
    name: 'HTML',
    text: 'Save this as a file and open it while this server runs. On your own server, put the folder clickmask there.',
    code: `<!doctype html>
<script type="module" src="${here}/clickmask/clickmask-annotator.js"></script>
<clickmask-annotator src="${here}/examples/photos/cat.jpg" classes="cat, sofa"></clickmask-annotator>
<script type="module">
  const annotator = document.querySelector('clickmask-annotator');
  annotator.addEventListener('clickmask-accept', ({ detail }) => {
    console.log(detail.classId, annotator.getResult('coco-rle', detail.id));
  });
</script>`,
  },
  {
    name: 'Bundler',
    text: 'In the folder of this project: npm run example -- examples/react (vue, svelte). In a project of yours, install @clickmask/browser-widget as the README says, and:',
    code: `import '@clickmask/browser-widget/define';

const annotator = document.createElement('clickmask-annotator');
annotator.src = 'photo.jpg';
annotator.addEventListener('clickmask-accept', ({ detail }) => {
  console.log(annotator.getResult('polygon', detail.id));
});
document.body.append(annotator);`,
  },
  {
    name: 'Terminal',
    text: 'In the folder of this project:',
    code: `npx clickmask segment examples/photos/cat.jpg \\
  --click 220,150 --overlay out.png`,
  },
  {
    name: 'Node',
    text: 'In the folder of this project, as a file example.mjs; then node example.mjs. Elsewhere, install @clickmask/core first.',
    code: `import { readFile } from 'node:fs/promises';
import { createSegmenter } from '@clickmask/core/node';

const segmenter = await createSegmenter();
const image = await segmenter.open(await readFile('examples/photos/cat.jpg'));
const clicks = [{ x: 220, y: 150, label: 'positive' }];
const { area, score } = await segmenter.segment(image, { clicks });
console.log(area, score);
await segmenter.close();`,
  },
  {
    name: 'Label Studio',
    text: 'In the folder of this project, with the address and the token of your Label Studio:',
    code: `export LABEL_STUDIO_URL=http://localhost:8080
export LABEL_STUDIO_API_KEY=TOKEN
npx clickmask-label-studio &
npx clickmask-label-studio connect --project 1`,
  },
  {
    name: 'CVAT',
    text: "In the folder of this project, with nuctl, CVAT's tool for its functions:",
    code: `npx clickmask-cvat init --out clickmask-function
nuctl deploy --project-name cvat \\
  --path clickmask-function --platform local \\
  --file clickmask-function/function.yaml`,
  },
];
