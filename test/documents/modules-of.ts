import { type CodeBlock, codeBlocksOf } from './blocks-of.js';

/** Code of a document as a TypeScript module. */
export interface DocumentedModule {
  readonly place: string;
  readonly source: string;
  /** Whether it needs a page, and so is type-checked only. */
  readonly isForPages: boolean;
}

/** What fragments take for granted, as their documents made it before. */
const given: readonly (readonly [name: RegExp, source: string])[] = [
  [
    /\bsegmenter\.segment\b/,
    `import { createSegmenter } from '@clickmask/core/node';
import { readFile } from 'node:fs/promises';
const segmenter = await createSegmenter();
const image = await segmenter.open(await readFile('photo.jpg'));
const prompt = { clicks: [{ x: 320, y: 240, label: 'positive' as const }] };`,
  ],
  [
    /\bannotator\.(value|getResult)\b/,
    `import '@clickmask/browser-widget/define';
const annotator = document.createElement('clickmask-annotator');`,
  ],
  [
    /\belement\.annotator\b/,
    `import '@clickmask/browser-widget/define';
const { annotator } = document.createElement('clickmask-annotator');
if (annotator === null) throw new Error('It is not in the page yet.');
const element = { annotator };`,
  ],
  [/\bisLoggedIn\b/, 'const isLoggedIn = (request: Request): boolean => request.headers.has("cookie");'],
];

/** The TypeScript, JavaScript and HTML blocks of a Markdown text as modules; those with a reason are left out. */
export function modulesOf(text: string, file: string): readonly DocumentedModule[] {
  return codeBlocksOf(text, file)
    .filter(({ reason }) => reason === null)
    .flatMap((block) => {
      if (block.language === 'html') return scriptsOf(block);
      return block.language === 'ts' || block.language === 'js' ? [toModule(block)] : [];
    });
}

/** Elements of Clickmask in the HTML blocks of a Markdown text, and their attributes. */
export function elementsOf(
  text: string,
  file: string,
): readonly { place: string; tag: string; attributes: string[] }[] {
  return codeBlocksOf(text, file)
    .filter(({ language }) => language === 'html')
    .flatMap(({ place, code }) =>
      [...code.matchAll(/<(clickmask-[\w-]+)([^>]*)>/g)].map(([, tag, attributes]) => ({
        place,
        tag,
        attributes: [...attributes.matchAll(/([\w-]+)(?==|\s|$)(?:="[^"]*")?/g)].map(([, name]) => name),
      })),
    );
}

function scriptsOf({ place, code, ...rest }: CodeBlock): DocumentedModule[] {
  const element = "import '@clickmask/browser-widget/define';\n";
  return [...code.matchAll(/<script type="module">([\s\S]*?)<\/script>/g)].map(([, script]) => ({
    ...toModule({ ...rest, place, code: `${element}${script.replace(/querySelector\('(\w+-\w+)'\)/g, '$&!')}` }),
    isForPages: true,
  }));
}

function toModule({ place, code }: CodeBlock): DocumentedModule {
  const preamble = given.filter(([name]) => name.test(code) && !isOwn(name, code)).map(([, source]) => source);
  // `document.querySelector` may give null, which the page's own elements do not.
  const body = code
    .replace(/document\.querySelector(?=\('#\w+'\))/g, 'document.querySelector<HTMLElement>')
    .replace(/<HTMLElement>\('#\w+'\)/g, '$&!');
  const source = [...preamble, body, 'export {};'].join('\n');
  return { place, source, isForPages: /browser-widget/.test(source) };
}

/** Whether a block makes by itself what it uses. */
function isOwn(name: RegExp, code: string): boolean {
  const [, word] = /\\b(\w+)/.exec(name.source) ?? [];
  return new RegExp(`(const|let|function) ${word}\\b`).test(code);
}
