import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** What npm shows of a package, and what an installation of it brings along. */
const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const folders = ['packages', 'models'].flatMap((parent) =>
  readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
);

describe.each(folders)('package.json of %s', (folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Readonly<
    Record<string, unknown>
  > & { readonly dependencies?: Readonly<Record<string, string>> };

  it('says what it is, whose it is, and where to ask', () => {
    expect(manifest).toMatchObject({
      description: expect.stringMatching(/\w/),
      keywords: expect.arrayContaining([expect.any(String)]),
      license: 'Apache-2.0',
      author: expect.any(String),
      homepage: expect.stringMatching(/^https:/),
      bugs: expect.stringMatching(/^https:/),
      repository: { type: 'git', directory: folder },
      publishConfig: { access: 'public' },
      files: expect.any(Array),
    });
  });

  it('names its programs as npm wants them, which removes others when it publishes', () => {
    const programs = Object.values((manifest.bin ?? {}) as Readonly<Record<string, string>>);
    expect(programs.filter((path) => path.startsWith('.') || path.startsWith('/'))).toEqual([]);
  });

  it('takes ranges of what it needs, so that a fix elsewhere reaches its users', () => {
    const exact = Object.entries(manifest.dependencies ?? {}).filter(([, range]) => !range.startsWith('^'));
    expect(exact).toEqual([]);
  });
});
