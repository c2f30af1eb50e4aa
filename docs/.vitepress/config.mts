import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type MarkdownRenderer } from 'vitepress';

type Token = ReturnType<MarkdownRenderer['parse']>[number];

const docs = fileURLToPath(new URL('..', import.meta.url));

const faces = [
  'README',
  'node',
  'web',
  'masks',
  'formats',
  'session',
  'evaluation',
  'models',
  'runtime',
  'serving',
  'errors',
  'adapters',
];

/** Ignores links to files that this repository does not have. */
function pages(items: { text: string; link: string }[]) {
  return items.filter(({ link }) => existsSync(`${docs}${link}.md`) || existsSync(`${docs}${link}index.md`));
}

/**
 * Marks tables of several columns with long texts beside the first one: on a phone, each row becomes a card. Each cell gets the name of its
 * column. Tables of figures stay as they are, and scroll.
 */
function stackTables(tokens: readonly Token[]) {
  for (const [start, table] of tokens.entries()) {
    if (table.type !== 'table_open') continue;
    table.attrSet('tabindex', '0');
    const end = tokens.findIndex(({ type }, index) => index > start && type === 'table_close');
    const cells = tokens.slice(start, end).flatMap((token, index, all) => {
      const kind = /^(th|td)_open$/.exec(token.type)?.[1];
      return kind === undefined ? [] : [{ kind, token, text: all[index + 1]?.content ?? '' }];
    });
    const heads = cells.filter(({ kind }) => kind === 'th').map(({ text }) => text);
    const body = cells.slice(heads.length);
    const isLong = (text: string, index: number) =>
      index % heads.length > 0 && /[a-z]{3}/.test(text) && text.length >= 40;
    if (heads.length < 4 || !body.some(({ text }, index) => isLong(text, index))) continue;
    table.attrJoin('class', 'stacked');
    for (const [index, { token }] of body.entries()) {
      token.attrSet('data-column', heads[index % heads.length]?.replace(/[`*]/g, '') ?? '');
    }
  }
}

export default defineConfig({
  title: 'Clickmask',
  description: 'Clicks into masks, inside the labelling tools people already use',
  lang: 'en-GB',
  cleanUrls: false,
  srcExclude: ['README.md', 'public/**', '**/node_modules/**'],
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith('clickmask-') } } },
  // Themes whose comments have enough contrast.
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(md) {
      // Makes scrolling blocks reachable by keyboard.
      const rule = md.renderer.rules.code_block;
      md.renderer.rules.code_block = (...args) => rule?.(...args).replace('<pre', '<pre tabindex="0"') ?? '';
      md.core.ruler.push('stacked-tables', ({ tokens }) => stackTables(tokens));
      // The theme's own rule writes a table without its attributes.
      md.renderer.rules.table_open = (tokens, index, options, _, self) => self.renderToken(tokens, index, options);
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'How it works', link: '/how-it-works' },
      { text: 'Live demo', link: '/demo' },
      { text: 'API', link: '/api/@clickmask/core/README' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: pages([
          { text: 'First mask', link: '/start' },
          { text: 'Label Studio', link: '/guides/label-studio' },
          { text: 'Label Studio: operations', link: '/guides/label-studio-operations' },
          { text: 'CVAT', link: '/guides/cvat' },
          { text: 'A page of your own', link: '/guides/widget' },
          { text: 'Your own model', link: '/guides/models' },
          { text: 'Live demo', link: '/demo' },
        ]),
      },
      {
        text: 'Understand',
        items: pages([
          { text: 'How it works', link: '/how-it-works' },
          { text: 'The embedded model', link: '/reference/clickmask-small' },
          { text: 'Training results', link: '/reference/results' },
          { text: 'Figures and benchmarks', link: '/benchmarks' },
          { text: 'Other tools', link: '/comparison' },
        ]),
      },
      {
        text: 'Run',
        items: pages([
          { text: 'Beyond one machine', link: '/scaling' },
          { text: 'Security', link: '/reference/security' },
          { text: 'Troubleshooting', link: '/troubleshooting' },
        ]),
      },
      {
        text: 'Look up',
        items: pages([
          { text: 'Formats', link: '/formats' },
          { text: '@clickmask/core', link: '/reference/core' },
          { text: 'Label Studio backend', link: '/reference/label-studio-backend' },
          { text: 'CVAT function', link: '/reference/cvat-serverless' },
          { text: 'Widget', link: '/reference/browser-widget' },
          { text: 'Exporting models', link: '/reference/export' },
          { text: 'Training', link: '/reference/training' },
          { text: 'Contributing', link: '/reference/contributing' },
          { text: 'Changes', link: '/reference/changelog' },
        ]),
      },
      {
        text: 'API',
        items: [
          ...faces.map((name) => ({
            text: name === 'README' ? '@clickmask/core' : `@clickmask/core/${name}`,
            link: `/api/@clickmask/core/${name}`,
          })),
          { text: '@clickmask/browser-widget', link: '/api/@clickmask/browser-widget/README' },
          { text: '@clickmask/cvat-serverless', link: '/api/@clickmask/cvat-serverless/README' },
          { text: '@clickmask/label-studio-backend', link: '/api/@clickmask/label-studio-backend' },
        ],
      },
    ],
  },
});
