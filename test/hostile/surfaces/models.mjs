// Models: manifests and graphs from strangers, as `models add` and the options of every program accept them.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { memoryMb, odd, startServer } from '../support.mjs';

const published = new URL('../../../packages/core/test/published/models/', import.meta.url);
const hashOf = (bytes) => createHash('sha256').update(bytes).digest('hex');

export async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'clickmask-hostile-'));
  const samples = ['sam2', 'isegm-open', 'focalclick', 'fcanet', 'segnext'].map((name) => {
    const manifest = JSON.parse(readFileSync(new URL(`${name}/model.json`, published), 'utf8'));
    const files = Object.values(manifest.graphs).map(({ file }) => [
      file,
      readFileSync(new URL(`${name}/${file}`, published)),
    ]);
    return { manifest, files };
  });
  let server = await startServer('models-server.mjs');
  let crashes = 0;

  /** All paths of an object, so that any of its values can be replaced. */
  const pathsOf = (value, path = []) =>
    typeof value === 'object' && value !== null
      ? [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))]
      : [path];
  const replaced = (value, path, by) => {
    if (path.length === 0) return by;
    const copy = Array.isArray(value) ? [...value] : { ...value };
    copy[path[0]] = replaced(value[path[0]], path.slice(1), by);
    return copy;
  };
  const evil = fc.oneof(
    odd,
    fc.constantFrom('../../../etc/passwd', '/etc/passwd', '\\\\host\\share', 'https://evil.example/x.onnx', 9e12, -1),
  );
  const badManifest = fc
    .constantFrom(...samples)
    .chain((sample) =>
      fc
        .tuple(fc.constantFrom(...pathsOf(sample.manifest)), evil)
        .map(([path, by]) => ({ ...sample, manifest: replaced(sample.manifest, path, by) })),
    );
  const damage = fc.record({
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    byte: fc.nat(255),
    cut: fc.boolean(),
  });
  /** The hash is corrected, so that the graph itself is read. */
  const badGraph = fc.constantFrom(...samples).chain((sample) =>
    fc
      .tuple(fc.nat(sample.files.length - 1), fc.array(damage, { minLength: 1, maxLength: 3 }))
      .map(([which, damages]) => {
        let bytes = Buffer.from(sample.files[which][1]);
        for (const { at, byte, cut } of damages) {
          const index = Math.floor(at * bytes.length);
          if (cut && damages.length === 1) bytes = bytes.subarray(0, index);
          else bytes[index] = byte;
        }
        const [name] = sample.files[which];
        const manifest = structuredClone(sample.manifest);
        for (const graph of Object.values(manifest.graphs)) {
          if (graph.file === name) Object.assign(graph, { bytes: bytes.length, sha256: hashOf(bytes) });
        }
        return { manifest, files: sample.files.map((file, i) => (i === which ? [name, bytes] : file)) };
      }),
  );
  const text = (body) => ({ ...samples[0], text: body });

  return {
    parallel: 1,
    handMade: [
      text('{'),
      text(''),
      text('null'),
      text(`${'['.repeat(300_000)}${']'.repeat(300_000)}`),
      text(`{"name":"${'x'.repeat(5e6)}"}`),
      text(JSON.stringify({ ...samples[0].manifest, __proto__: { format: 1 } })),
    ],
    arbitrary: fc.oneof({ weight: 3, arbitrary: badManifest }, { weight: 1, arbitrary: badGraph }),
    async send({ manifest, files, text: raw }) {
      writeFileSync(join(folder, 'model.json'), raw ?? JSON.stringify(manifest) ?? 'null');
      for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
      const answer = await new Promise((resolve) => {
        const onExit = (code, signal) => resolve({ crash: code ?? signal });
        server.child.once('exit', onExit);
        server.child.once('message', (message) => {
          server.child.off('exit', onExit);
          resolve(message);
        });
        server.child.send(folder);
      });
      if (answer.crash !== undefined) {
        crashes++;
        server = await startServer('models-server.mjs');
        return {
          code: 'crash',
          wrong: `the process ended with ${answer.crash} at ${JSON.stringify(manifest).slice(0, 200)}`,
        };
      }
      const wrong = answer.code === 'internal' ? answer.message : undefined;
      return { code: answer.code, wrong };
    },
    memoryMb: () => memoryMb(server.pid),
    harm: async () => ({ crashes }),
    async stop() {
      const code = await server.stop();
      rmSync(folder, { recursive: true });
      return code;
    },
  };
}
