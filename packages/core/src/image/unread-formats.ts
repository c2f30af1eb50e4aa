import { ClickmaskError } from '../errors/index.js';

/** How files of formats that are known, and not read, begin; a dot stands for any byte. */
const beginnings: readonly (readonly [signs: string, name: string, advice: string])[] = [
  ['\0\0\0\x0cJXL ', 'JPEG XL', 'Convert it, for instance with djxl, to PNG or JPEG.'],
  ['\xff\x0a', 'JPEG XL', 'Convert it, for instance with djxl, to PNG or JPEG.'],
  ['\0\0\0\x0cjP  ', 'JPEG 2000', 'Convert it, for instance with opj_decompress, to PNG.'],
  ['\xff\x4f\xff\x51', 'JPEG 2000', 'Convert it, for instance with opj_decompress, to PNG.'],
  ['8BPS', 'Photoshop', 'Save it as PNG or JPEG.'],
  ['%PDF', 'PDF', 'Turn its pages into pictures, for instance with pdftoppm.'],
  ['v/1\x01', 'OpenEXR', 'Convert it to a 16-bit PNG or TIFF.'],
  ['\x93NUMPY', 'NumPy', 'Save the array as a PNG or TIFF.'],
  ['SIMPLE  =', 'FITS', 'Convert it to a 16-bit PNG or TIFF.'],
  ['\x89HDF', 'HDF5', 'Save the picture in it as a PNG or TIFF.'],
];

const readHere = 'JPEG, PNG, WebP, AVIF, GIF, BMP';

/**
 * What to say of a file that is of no format that is read: its format where that is known, and the way out.
 *
 * @param more - what is read besides the formats of browsers, such as `TIFF`
 */
export function unreadFormat(bytes: Uint8Array, more?: string): ClickmaskError {
  const begins = (signs: string, at = 0) =>
    [...signs].every((sign, i) => sign === '.' || bytes[at + i] === sign.charCodeAt(0));
  const formats = more === undefined ? readHere : `${readHere}, ${more}`;
  if (begins('DICM', 128)) {
    return refused('DICOM', `Medical series are out of scope: export the slice as a 16-bit PNG or TIFF.`);
  }
  const [, name, advice] = beginnings.find(([signs]) => begins(signs)) ?? [];
  if (name !== undefined) return refused(name, advice as string);
  const text = new TextDecoder().decode(bytes.subarray(0, 400)).trimStart();
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<svg/i.test(text)) return refused('SVG', 'Draw it as a PNG first.');
  const message = `Expected ${formats} but the bytes are of no known picture format.`;
  return new ClickmaskError('unsupported-image', message);
}

/** HEIC needs a decoder that is not free to ship. */
export function unreadHeic(cause?: unknown): ClickmaskError {
  const advice =
    'Convert it to JPEG or PNG (heif-convert, or the export of the phone), or use a libvips that was built with libheif and a decoder for HEVC.';
  return refused('HEIC', advice, cause);
}

function refused(name: string, advice: string, cause?: unknown): ClickmaskError {
  return new ClickmaskError('unsupported-image', `${name} is not read here. ${advice}`, {
    details: { format: name },
    cause,
  });
}
