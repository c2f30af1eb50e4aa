import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCommandLine } from '../../src/runtime/node/command-line/index.js';
import { modelInUse } from '../../src/runtime/node/index.js';
import { tinyModelFolder } from '../../test/support/tiny-model.js';
import { models } from './models.js';

let tiny: ReturnType<typeof tinyModelFolder>;
let home: string;
beforeAll(() => {
  tiny = tinyModelFolder();
});
afterAll(() => tiny.remove());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'clickmask-models-'));
  vi.stubEnv('CLICKMASK_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(home, { recursive: true, force: true });
});

/** Runs the command; gives what it wrote to stdout. */
async function run(...args: string[]): Promise<string> {
  const out: string[] = [];
  const terminal = {
    env: process.env,
    out: (text: string | Uint8Array) => void out.push(String(text)),
    err: () => {},
    status: () => {},
    isScreen: false,
    stopped: async () => {},
  };
  await models.run(readCommandLine(models, args, process.env), terminal);
  return out.join('');
}

describe('clickmask models', () => {
  it('adds a folder that others can read as far as the umask lets them', async () => {
    await run('add', tiny.folder, '--sha256', tiny.sha256);
    const beside = join(home, 'models', 'beside');
    mkdirSync(beside);
    expect(statSync(join(home, 'models', 'tiny')).mode).toBe(statSync(beside).mode);
  });

  it('lists nothing of an addition that was broken off', async () => {
    const left = join(home, 'models', '.adding-0');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'model.json'), readFileSync(join(tiny.folder, 'model.json')));
    expect(JSON.parse(await run('list', '--json'))).toHaveLength(1);
  });

  it('makes a model the one in use, and goes back', async () => {
    expect(await run('use', tiny.folder)).toContain(`(${tiny.folder}). Before: clickmask-small.`);
    expect(modelInUse(join(home, 'models'))).toBe(tiny.folder);
    const listed = JSON.parse(await run('list', '--json')) as { folder: string; inUse: boolean }[];
    expect(listed.map(({ inUse }) => inUse)).toEqual([false, true]);
    expect(await run('use', 'clickmask-small')).toContain(`Before: ${tiny.folder}.`);
    expect(modelInUse(join(home, 'models'))).toBe('clickmask-small');
    expect(await run()).toContain('embedded, in use');
  });

  it('leaves the one in use where another is none', async () => {
    await run('use', tiny.folder);
    await expect(run('use', home)).rejects.toMatchObject({ code: 'model-not-found' });
    expect(modelInUse(join(home, 'models'))).toBe(tiny.folder);
  });

  it('lists a model in use that is gone', async () => {
    mkdirSync(join(home, 'models'));
    writeFileSync(join(home, 'models', '.in-use'), '/gone/model\n');
    expect(await run()).toMatch(/gone\/model {2}not usable, in use/);
  });

  describe('from a server', () => {
    let answer: (response: ServerResponse, graph: Buffer) => void;
    const server = createServer((request, response) => {
      const name = request.url?.split('/').at(-1) ?? '';
      const bytes = readFileSync(join(tiny.folder, name));
      if (name === 'model.json') response.end(bytes);
      else answer(response, bytes);
    });
    beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });
    const add = () =>
      run('add', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, '--sha256', tiny.sha256);

    it('says what broke off', async () => {
      answer = (response, graph) => {
        response.writeHead(200, { 'content-length': graph.length });
        response.write(graph.subarray(0, 100), () => response.destroy());
      };
      const message = expect.stringContaining('The download of tiny-encoder.onnx');
      await expect(add()).rejects.toMatchObject({ code: 'model-not-found', message });
      expect(existsSync(join(home, 'models', 'tiny'))).toBe(false);
    });

    it('reads no more of a graph than it must have', async () => {
      let sent = 0;
      answer = (response, graph) => {
        const more = () => {
          if (sent < 2 ** 30 && !response.destroyed) response.write(Buffer.alloc(2 ** 16), more);
          sent += 2 ** 16;
        };
        response.write(graph, more);
      };
      await expect(add()).rejects.toMatchObject({ code: 'bad-model', message: expect.stringContaining('at most') });
      expect(sent).toBeLessThan(2 ** 30);
    });
  });
});
