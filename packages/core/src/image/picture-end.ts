import { pictureFormat } from './picture-format.js';

/** An image file with a complete end, and a note if it was repaired. */
export interface EndedPicture {
  readonly bytes: Uint8Array;
  readonly note?: string;
}

/**
 * Completes a JPEG that was cut off within its pixels, or a PNG without its last chunk, so that decoders accept it.
 * Browsers show both; missing pixels stay grey. Files that lack more are returned unchanged.
 */
export function endPicture(bytes: Uint8Array): EndedPicture {
  const format = pictureFormat(bytes);
  const scanned = format === 'jpeg' ? lengthWithoutEnd(bytes) : null;
  if (scanned !== null) return ended(bytes.subarray(0, scanned), [0xff, 0xd9], 'JPEG');
  if (format === 'png' && lacksPngEnd(bytes)) return ended(bytes, pngEnd, 'PNG');
  return { bytes };
}

/** An empty IEND chunk with its checksum. */
const pngEnd = [0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82];

function ended(bytes: Uint8Array, end: readonly number[], name: string): EndedPicture {
  const whole = new Uint8Array(bytes.length + end.length);
  whole.set(bytes);
  whole.set(end, bytes.length);
  return { bytes: whole, note: `The end of the ${name} is missing: the missing part of the image is grey.` };
}

/** The length up to which a JPEG without an end is complete; null if it has its end or lacks pixels. */
function lengthWithoutEnd(bytes: Uint8Array): number | null {
  if (bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9) return null;
  let hasScan = false;
  let at = bytes.indexOf(0xff, 2);
  while (at >= 0 && at + 1 < bytes.length) {
    const marker = bytes[at + 1];
    if (marker === 0xd9) return null;
    if (marker === 0xff) at += 1;
    else if (marker === 0 || (marker >= 0xd0 && marker <= 0xd7)) at = bytes.indexOf(0xff, at + 2);
    else {
      const next = at + 2 + Math.max(2, ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0));
      // An incomplete segment is left out.
      if (next >= bytes.length) return hasScan ? at : null;
      hasScan ||= marker === 0xda;
      at = bytes.indexOf(0xff, next);
    }
  }
  return hasScan ? (at < 0 ? bytes.length : at) : null;
}

/** Whether a PNG ends between two chunks, after pixels. */
function lacksPngEnd(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hasPixels = false;
  let at = 8;
  while (at + 12 <= bytes.length) {
    const name = view.getUint32(at + 4);
    if (name === 0x49454e44) return false;
    hasPixels ||= name === 0x49444154;
    at += 12 + view.getUint32(at);
  }
  return hasPixels && at === bytes.length;
}
