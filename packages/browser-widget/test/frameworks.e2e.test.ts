import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { compileModule } from 'svelte/compiler';
import { describe, expect, test } from 'vitest';
import { chromium, firefox } from './browsers/index.js';
import { useWidgetsIn } from './test-page.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

// What a page's framework makes of a value: a proxy, a frozen copy, a signal. Each is a place to put it, and to get it.
const frameworks: Readonly<Record<string, string>> = {
  'Vue ref': `import { ref } from 'vue';
    export default () => { const held = ref(null); return { get: () => held.value, set: (value) => { held.value = value; } }; };`,
  'Vue reactive': `import { reactive } from 'vue';
    export default () => { const held = reactive({ value: null }); return { get: () => held.value, set: (value) => { held.value = value; } }; };`,
  'Svelte $state': `let held = $state({ value: null });
    export default () => ({ get: () => held.value, set: (value) => { held.value = value; } });`,
  MobX: `import { configure, observable } from 'mobx'; configure({ enforceActions: 'never' });
    export default () => { const held = observable({ value: null }); return { get: () => held.value, set: (value) => { held.value = value; } }; };`,
  Immer: `import { produce } from 'immer';
    export default () => { let held = { value: null }; return { get: () => held.value, set: (value) => { held = produce(held, (draft) => { draft.value = value; }); } }; };`,
  'Solid store': `import { createStore } from 'solid-js/store';
    export default () => { const [held, set] = createStore({ value: null }); return { get: () => held.value, set: (value) => set('value', value) }; };`,
  'Solid signal': `import { createSignal } from 'solid-js';
    export default () => { const [held, set] = createSignal(null); return { get: () => held(), set: (value) => set(() => value) }; };`,
  JSON: `export default () => { let held = 'null'; return { get: () => JSON.parse(held, revive), set: (value) => { held = JSON.stringify(value, replace); } }; };
    const replace = (key, value) => ArrayBuffer.isView(value) ? { list: [...value] } : value;
    const revive = (key, value) => value?.list ? Uint32Array.from(value.list) : value;`,
};

/** The frameworks as one module of the page. */
async function bundleOf(): Promise<Uint8Array<ArrayBuffer>> {
  const names = Object.keys(frameworks);
  const entry = `${names.map((_, i) => `import make${i} from 'framework:${i}';`).join('\n')}
    globalThis.stores = { ${names.map((name, i) => `${JSON.stringify(name)}: make${i}`).join(', ')} };`;
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root },
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['browser'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
    plugins: [
      {
        name: 'frameworks',
        setup(bundler) {
          bundler.onResolve({ filter: /^framework:/ }, ({ path }) => ({ path, namespace: 'framework' }));
          bundler.onLoad({ filter: /./, namespace: 'framework' }, ({ path }) => {
            const code = frameworks[names[Number(path.split(':')[1])]];
            const contents = code.includes('$state')
              ? compileModule(code, { generate: 'client', filename: 'held.svelte.js' }).js.code
              : code;
            return { contents, resolveDir: root };
          });
        },
      },
    ],
  });
  return outputFiles[0].contents as Uint8Array<ArrayBuffer>;
}

const cases = Object.keys(frameworks).flatMap((name) => [
  { name, controlled: false, how: 'beside the widget' },
  { name, controlled: true, how: 'controlled' },
]);

describe.each([chromium, firefox])('values that a framework holds, in $name', (kind) => {
  if (kind.missing !== null) return test.skip(kind.missing, () => {});
  const widgets = useWidgetsIn(kind, {
    attributes: 'src="/examples/photos/cat.jpg" no-preview',
    routes: async () => {
      const code = await bundleOf();
      return { frameworks: async () => new Response(code, { headers: { 'content-type': 'text/javascript' } }) };
    },
  });

  test.each(cases)('$name, $how: ten clicks, undone and done again', async ({ name, controlled }) => {
    const widget = await widgets.open(controlled ? 'controlled' : '');
    const found = await widget.run(
      new Function(
        'element',
        `return (async () => {
          await import('/frameworks/all.js');
          const store = stores[${JSON.stringify(name)}]();
          store.set(element.value);
          element.addEventListener('clickmask-change', ({ detail }) => {
            store.set(detail.value);
            element.value = store.get();
          });
          const { annotator } = element;
          const count = () => element.value.objects[0]?.prompt.clicks.length ?? 0;
          const areaOf = () => element.getResult('mask')?.data.reduce((sum, one) => sum + one, 0) ?? 0;
          const seen = { clicks: [], undone: [], redone: [], areas: [], again: [] };
          for (let i = 0; i < 10; i++) {
            annotator.addClick({ x: 40 + 35 * i, y: 60 + 15 * i, label: i % 4 === 3 ? 'negative' : 'positive' });
            await annotator.settled();
            seen.clicks.push(count());
            seen.areas.push(areaOf());
          }
          for (let i = 0; i < 10; i++) { annotator.undo(); await annotator.settled(); seen.undone.push(count()); }
          for (let i = 0; i < 10; i++) { annotator.redo(); await annotator.settled(); seen.redone.push(count()); seen.again.push(areaOf()); }
          annotator.accept();
          annotator.addClick({ x: 20, y: 280, label: 'positive' });
          await annotator.settled();
          return { ...seen, objects: element.value.objects.length, held: store.get().objects.length };
        })()`,
      ) as never,
    );
    const up = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(found).toEqual({
      clicks: up,
      undone: [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
      redone: up,
      areas: expect.any(Array),
      again: (found as { areas: number[] }).areas,
      objects: 2,
      held: 2,
    });
    expect((found as { areas: number[] }).areas[0]).toBeGreaterThan(4000);
  });
});
