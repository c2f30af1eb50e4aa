import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LabeledPicture } from '../../src/datasets.js';
import { area, rectRuns } from '../../src/mask/index.js';
import type { PicturePrompts } from './prompts.js';
import { openResultJournal } from './result-journal.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clickmask-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const promptsFor = (picture: string, x = 1): PicturePrompts => ({
  picture,
  objects: [{ className: 'cat', clicks: [{ x, y: 1, label: 'positive' }] }],
});
const pictureOf = (name: string, width = 3): LabeledPicture => ({
  name,
  width: 9,
  height: 9,
  objects: [{ runs: rectRuns({ width: 9, height: 9 }, { x: 1, y: 2, width, height: 2 }), className: 'kätzchen' }],
});

async function collect(journal: Awaited<ReturnType<typeof openResultJournal>>, pictures: readonly PicturePrompts[]) {
  const found: [string, number][] = [];
  for await (const { name, objects } of journal.results(pictures)) found.push([name, area(objects[0].runs)]);
  return found;
}

it('keeps every whole line, wherever the process ended', async () => {
  const names = ['a.jpg', 'ä.jpg', 'c.jpg'];
  const first = await openResultJournal(folder, { model: 'm' });
  await Promise.all(names.map((name) => first.addResult(promptsFor(name), pictureOf(name), { ms: 1 })));
  await first.close();
  const path = join(folder, 'results.jsonl');
  const whole = readFileSync(path);
  const lengths = whole
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => Buffer.byteLength(line) + 1);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), async (length) => {
      writeFileSync(path, whole);
      truncateSync(path, length);
      let kept = 0;
      for (let sum = lengths[0]; kept < 3 && sum + lengths[kept + 1] <= length; kept++) sum += lengths[kept + 1];
      const journal = await openResultJournal(folder, { model: 'm' });
      expect(names.map((name) => journal.isDone(promptsFor(name)))).toEqual(names.map((_, i) => i < kept));
      for (const name of names.slice(kept)) await journal.addResult(promptsFor(name), pictureOf(name), { ms: 1 });
      expect(
        await collect(
          journal,
          names.map((name) => promptsFor(name)),
        ),
      ).toEqual(names.map((name) => [name, 6]));
      await journal.close();
      expect(readFileSync(path).equals(whole)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

it('does an image again whose prompts changed or that failed, and gives the last result', async () => {
  const journal = await openResultJournal(folder, {});
  await journal.addResult(promptsFor('a.jpg'), pictureOf('a.jpg', 3), {});
  await journal.addFailure(promptsFor('b.jpg'), { code: 'bad-image' });
  expect(journal.isDone(promptsFor('a.jpg', 2))).toBe(false);
  await journal.addResult(promptsFor('a.jpg', 2), pictureOf('a.jpg', 5), {});
  await journal.close();
  const again = await openResultJournal(folder, {});
  expect(['a.jpg', 'b.jpg'].map((name) => again.isDone(promptsFor(name, 2)))).toEqual([true, false]);
  expect(await collect(again, [promptsFor('b.jpg'), promptsFor('a.jpg', 2)])).toEqual([['a.jpg', 10]]);
  await again.addFiles(['annotations.json']);
  await again.close();
  const third = await openResultJournal(folder, {});
  expect([...third.files]).toEqual(['annotations.json']);
  await third.close();
});

it('leaves folders of others, and of other settings, as they are', async () => {
  const other = join(folder, 'other');
  mkdirSync(other);
  appendFileSync(join(other, 'precious.txt'), 'x');
  await expect(openResultJournal(other, {})).rejects.toThrow(/empty folder/);
  const made = join(folder, 'made');
  await (await openResultJournal(made, { model: 'a' })).close();
  await expect(openResultJournal(made, { model: 'b' })).rejects.toThrow(/other settings/);
});
