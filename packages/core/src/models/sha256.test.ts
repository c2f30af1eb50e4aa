import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestInScript, sha256 } from './sha256.js';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

test('gives the known digest of "abc"', async () => {
  const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const bytes = new TextEncoder().encode('abc');
  expect(await sha256(bytes)).toBe(expected);
  expect(hex(digestInScript(bytes))).toBe(expected);
});

test('agrees with Node for every length around the block size, without WebCrypto', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(hex(digestInScript(bytes))).toBe(createHash('sha256').update(bytes).digest('hex'));
    }),
  );
});
