// Writes a .br and a .gz version of every file that gains from it, for servers to send unchanged.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), 'dist');
const isText = /\.(js|json|map|md)$|LICENSE$/;
let sums = { plain: 0, br: 0, gz: 0 };

for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name);
  if (!statSync(file).isFile() || /\.(br|gz)$/.test(name)) continue;
  const bytes = readFileSync(file);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 24,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    [constants.BROTLI_PARAM_MODE]: isText.test(name) ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
  };
  const br = brotliCompressSync(bytes, { params });
  const gz = gzipSync(bytes, { level: 9 });
  writeFileSync(`${file}.br`, br);
  writeFileSync(`${file}.gz`, gz);
  sums = { plain: sums.plain + bytes.length, br: sums.br + br.length, gz: sums.gz + gz.length };
  console.log(`${name}: ${bytes.length} bytes, ${br.length} br, ${gz.length} gz`);
}
console.log(`all: ${sums.plain} bytes, ${sums.br} br, ${sums.gz} gz`);
