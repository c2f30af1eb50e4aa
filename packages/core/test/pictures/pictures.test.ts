import { existsSync } from 'node:fs';
import { isClickmaskError } from '@clickmask/core';
import { decodeImage } from '@clickmask/core/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Decoded, decodeInBrowser } from './browser-decoding.js';
import { type CorpusEntry, makeCorpus } from './corpus.js';

/**
 * The same images decoded in Node and in browsers, compared pixel by pixel: to two levels, but for what browsers are known
 * to differ in among themselves. A browser that is not installed is left out.
 */
const browsers = [
  ['chromium', process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'],
  ['firefox', process.env.FIREFOX_PATH ?? '/usr/bin/firefox-esr'],
] as const;

let corpus: readonly CorpusEntry[] = [];
const inNode = new Map<string, Decoded>();

beforeAll(async () => {
  corpus = await makeCorpus();
  for (const { name, bytes } of corpus) {
    const made = await decodeImage(bytes).catch((error: unknown) => ({
      code: isClickmaskError(error) ? error.code : String(error),
    }));
    inNode.set(name, made);
  }
}, 60_000);

function summary({ code, notes = [] }: Decoded): string {
  return code ?? (notes.length > 0 ? 'note' : 'read');
}

/** What differs, in words; null where nothing does. */
function difference({ name, expect: wanted, known = {} }: CorpusEntry, made: Decoded | undefined, kind: string) {
  if (made === undefined) return `${name}: no answer`;
  const node = inNode.get(name) as Decoded;
  if (wanted === 'bad-image' || wanted === 'unsupported-image') {
    return made.code === wanted || known[kind] === 'read' ? null : `${name}: ${summary(made)}, not ${wanted}`;
  }
  if (summary(node) !== summary(made)) return `${name}: ${summary(node)} / ${summary(made)}`;
  if (node.width !== made.width || node.height !== made.height) {
    return `${name}: ${node.width} x ${node.height} / ${made.width} x ${made.height}`;
  }
  const [a, b] = [node.data as ArrayLike<number>, made.data as ArrayLike<number>];
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i] - b[i]));
  return worst <= Number(known[kind] ?? 2) ? null : `${name}: ${worst} levels`;
}

describe('one reading of an image', () => {
  it('Node reads, notes and refuses as is wanted', () => {
    const wrong = corpus.filter(({ name, expect: wanted = 'read' }) => summary(inNode.get(name) as Decoded) !== wanted);
    expect(wrong.map(({ name }) => `${name}: ${summary(inNode.get(name) as Decoded)}`)).toEqual([]);
    expect(corpus.length).toBeGreaterThan(100);
  });

  for (const [kind, path] of browsers) {
    it.skipIf(!existsSync(path))(
      `${kind} reads the same pixels`,
      async () => {
        const shown = corpus.filter(({ name }) => !name.startsWith('tiff'));
        const made = await decodeInBrowser(kind, path, shown);
        expect(shown.map((entry) => difference(entry, made.get(entry.name), kind)).filter(Boolean)).toEqual([]);
      },
      180_000,
    );
  }
});
