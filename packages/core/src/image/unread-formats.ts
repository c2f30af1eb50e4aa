import { ClickmaskError } from '../errors/index.js';

/** The first bytes of known formats that are not supported; a dot stands for any byte. */
const beginnings: readonly (readonly [signs: string, name: string, advice: string])[] = [
  ['\0\0\0\x0cJXL ', 'JPEG XL', 'Convert it, for instance with djxl, to PNG or JPEG.'],
  ['\xff\x0a', 'JPEG XL', 'Convert it, for instance with djxl, to PNG or JPEG.'],
  ['\0\0\0\x0cjP  ', 'JPEG 2000', 'Convert it, for instance with opj_decompress, to PNG.'],
  ['\xff\x4f\xff\x51', 'JPEG 2000', 'Convert it, for instance with opj_decompress, to PNG.'],
  ['8BPS', 'Photoshop', 'Save it as PNG or JPEG.'],
  ['%PDF', 'PDF', 'Turn its pages into images, for instance with pdftoppm.'],
  ['v/1\x01', 'OpenEXR', 'Convert it to a 16-bit PNG or TIFF.'],
  ['\x93NUMPY', 'NumPy', 'Save the array as a PNG or TIFF.'],
  ['SIMPLE  =', 'FITS', 'Convert it to a 16-bit PNG or TIFF.'],
  ['\x89HDF', 'HDF5', 'Save the image in it as a PNG or TIFF.'],
  ['#?RADIANCE', 'Radiance HDR', 'Convert it to a 16-bit PNG or TIFF.'],
  ['II\xbc\x01', 'JPEG XR', 'Convert it to PNG or JPEG.'],
  ['qoif', 'QOI', 'Convert it to PNG.'],
  ['DDS ', 'DDS', 'Convert it to PNG.'],
  ['%!PS', 'PostScript', 'Turn it into an image, for instance with Ghostscript.'],
  ['\0\0\x01\0', 'ICO', 'Convert it to PNG.'],
  ['\x0a\x05\x01', 'PCX', 'Convert it to PNG.'],
  ['\x01\xda', 'SGI', 'Convert it to PNG.'],
  ['icns', 'ICNS', 'Convert it to PNG.'],
  ['PK\x03\x04', 'Zip', 'Unpack it first.'],
  ['\x1f\x8b', 'gzip', 'Unpack it first. Save a NIfTI volume slice by slice, as 16-bit PNG or TIFF.'],
  ['FUJIFILMCCD-RAW', 'Raw camera data', 'Develop it to JPEG or a 16-bit TIFF.'],
  ['IIU\0', 'Raw camera data', 'Develop it to JPEG or a 16-bit TIFF.'],
  ['IIRO', 'Raw camera data', 'Develop it to JPEG or a 16-bit TIFF.'],
  ['II*\0....CR', 'Raw camera data', 'Develop it to JPEG or a 16-bit TIFF.'],
  ['....ftypcrx ', 'Raw camera data', 'Develop it to JPEG or a 16-bit TIFF.'],
  ...['isom', 'iso2', 'mp41', 'mp42', 'avc1', 'M4V ', 'qt  '].map(
    (brand) => [`....ftyp${brand}`, 'A video', 'Save its frames as JPEG or PNG, for instance with ffmpeg.'] as const,
  ),
];

const readHere = 'JPEG, PNG, WebP, AVIF, GIF, BMP';

/**
 * What to say about a file in an unsupported format: its format, if known, and what to do.
 *
 * @param more - supported formats besides those of browsers, such as `TIFF`
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
  if (bytes.length === 0) return new ClickmaskError('unsupported-image', `Expected ${formats} but the file is empty.`);
  if (/^P[1-7]\s/.test(String.fromCharCode(...bytes.subarray(0, 3)))) return refused('PNM', 'Convert it to PNG.');
  const text = new TextDecoder().decode(bytes.subarray(0, 400)).trimStart();
  if (/^(<\?xml[^>]*>\s*)?(<!--[\s\S]*?-->\s*)?<svg/i.test(text)) return refused('SVG', 'Draw it as a PNG first.');
  if (/^<(!doctype )?html/i.test(text)) return refused('A web page', 'Perhaps it says why there is no image.');
  const message = `Expected ${formats} but the bytes are of no known image format.`;
  return new ClickmaskError('unsupported-image', message);
}

/** HEIC needs a decoder that is not free to distribute. */
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
