import { expect, it } from 'vitest';
import { pictureFormat } from './picture-format.js';

const bytesOf = (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0));

it.each([
  ['\xff\xd8\xff\xe1', 'jpeg'],
  ['\x89PNG\r\n\x1a\n\0', 'png'],
  ['RIFF\x01\x02\x03\x04WEBPVP8 ', 'webp'],
  ['GIF89a', 'gif'],
  ['II*\0\b\0\0\0', 'tiff'],
  ['MM\0*\0\0\0\b', 'tiff'],
  ['II+\0\b\0\0\0', 'tiff'],
  ['MM\0+\0\b\0\0', 'tiff'],
  ['\0\0\0\x1cftypavif', 'avif'],
  ['\0\0\0\x18ftypheic', 'heif'],
  [`BM${'\0'.repeat(12)}\x28\0\0\0`, 'bmp'],
  [`BM${'\0'.repeat(12)}\x7c\0\0\0`, 'bmp'],
] as const)('%j is %s', (head, format) => {
  expect(pictureFormat(bytesOf(head))).toBe(format);
});

it.each(['', '\xff\xd8', '<svg>', '%PDF-1.7', 'BMW is a make of cars', 'RIFF....WAVE', 'II+\0', '\0\0\0\x18ftypmp42'])(
  '%j is none',
  (head) => {
    expect(pictureFormat(bytesOf(head))).toBeNull();
  },
);

it('never reads beyond the end', () => {
  const whole = bytesOf('\x89PNG\r\n\x1a\n');
  for (let length = 0; length < whole.length; length++) expect(pictureFormat(whole.subarray(0, length))).toBeNull();
});
