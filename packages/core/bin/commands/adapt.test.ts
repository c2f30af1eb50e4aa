import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { processTerminal, readCommandLine } from '../../src/runtime/node/command-line/index.js';
import { modelInUse } from '../../src/runtime/node/index.js';
import { tinyModelFolder } from '../../test/support/tiny-model.js';
import { adapt } from './adapt.js';

const call = async (args: readonly string[]) => adapt.run(readCommandLine(adapt, args, process.env), processTerminal());

describe.skipIf(process.platform === 'win32')('clickmask adapt', () => {
  let folder: string;
  /** Stands for Python: writes where it runs and what it is given, and ends with the code of the last argument. */
  let python: string;
  let source: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'clickmask-adapt-'));
    source = join(folder, 'e.zip');
    writeFileSync(source, '');
    python = join(folder, 'python');
    writeFileSync(python, `#!/bin/sh\npwd >'${folder}/told'\nprintf '%s\\n' "$@" >>'${folder}/told'\nexit 3\n`);
    chmodSync(python, 0o755);
    vi.stubEnv('CLICKMASK_HOME', join(folder, 'home'));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  it('runs the recipe with whole paths, and ends as it does', async () => {
    const options = ['--minutes', '5', '--pictures', 'p', '--gpu', 'auto', '--force', '--licence', 'CC BY 4.0'];
    expect(await call(['--from', source, '--out', 'm', '--python', python, ...options])).toBe(3);
    const [cwd, ...told] = readFileSync(join(folder, 'told'), 'utf8').trim().split('\n');
    expect(cwd).toMatch(/training$/);
    expect(told.join(' ')).toBe(
      `-m clickmask_training adapt --from ${source} --out ${resolve('m')} --pictures ${resolve('p')} ` +
        '--minutes 5 --licence CC BY 4.0 --device auto --force',
    );
  });

  it('makes what it wrote the model in use, when asked', async () => {
    const tiny = tinyModelFolder();
    const writes = join(folder, 'writes');
    writeFileSync(writes, `#!/bin/sh\ncp -r '${tiny.folder}' '${folder}/written'\n`);
    chmodSync(writes, 0o755);
    const inUse = () => modelInUse(join(folder, 'home', 'models'));
    const out = join(folder, 'written');
    expect(await call(['--from', source, '--out', out, '--python', python, '--use'])).toBe(3);
    expect(inUse()).toBe('clickmask-small');
    expect(await call(['--from', source, '--out', out, '--python', writes, '--use'])).toBe(0);
    expect(inUse()).toBe(out);
    tiny.remove();
  });

  it('says what would be installed and where, and installs nothing unasked', async () => {
    const asked = call(['--from', source, '--out', 'm']);
    await expect(asked).rejects.toThrow(/PyTorch .* installed into .*home.python.* Confirm with --yes/);
  });

  it('looks for the export before anything is installed', async () => {
    const missing = call(['--from', join(folder, 'none.zip'), '--out', 'm', '--yes']);
    await expect(missing).rejects.toThrow(/There is no .*none\.zip/);
  });

  it('says how to get the recipe', async () => {
    const missing = call(['--from', source, '--out', 'm', '--recipe', '/nowhere']);
    await expect(missing).rejects.toThrow(/recipe in \/nowhere/);
  });

  it.each([
    [['--out', 'm']],
    [['--from', '.', '--out', 'm', '--minutes', 'long']],
    [['--from', '.', '--out', 'm', '--gpu', 'all']],
    [['e', '--from', '.', '--out', 'm']],
  ])('refuses %j', async (args) => {
    await expect(call(args)).rejects.toMatchObject({ name: 'UsageError' });
  });
});
