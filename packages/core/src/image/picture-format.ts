/** Formats of image files that are told apart by how they begin. */
export type PictureFormat = 'avif' | 'bmp' | 'gif' | 'heif' | 'jpeg' | 'png' | 'tiff' | 'webp';

/** How the files begin; a dot stands for any byte. TIFF has two byte orders, and a form for more than 4 GB (BigTIFF). */
const beginnings: readonly (readonly [signs: string, format: PictureFormat])[] = [
  ['\xff\xd8\xff', 'jpeg'],
  ['\x89PNG\r\n\x1a\n', 'png'],
  ['RIFF....WEBP', 'webp'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
  ['II*\0', 'tiff'],
  ['MM\0*', 'tiff'],
  ['II+\0\b\0\0\0', 'tiff'],
  ['MM\0+\0\b\0\0', 'tiff'],
];

/** Brands of the container that AVIF and HEIC share; the general ones, `mif1` and `msf1`, name the true one further on. */
const brands: readonly (readonly [brand: string, format: PictureFormat])[] = [
  ['avif', 'avif'],
  ['avis', 'avif'],
  ['heic', 'heif'],
  ['heix', 'heif'],
  ['hevc', 'heif'],
  ['hevx', 'heif'],
  ['heim', 'heif'],
  ['heis', 'heif'],
  ['mif1', 'heif'],
  ['msf1', 'heif'],
];

/** Sizes of the second header of a BMP file, which make its two letters sure. */
const bmpHeaders = [12, 16, 40, 52, 56, 64, 108, 124];

/**
 * Recognises an image file by its first bytes; null if it is unknown. There may be no decoder for it.
 *
 * @example
 * ```ts
 * import { pictureFormat } from '@clickmask/core/adapters';
 *
 * console.log(pictureFormat(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), pictureFormat(new TextEncoder().encode('<svg>'))); // jpeg null
 * ```
 */
export function pictureFormat(bytes: Uint8Array): PictureFormat | null {
  const begins = (signs: string) => [...signs].every((sign, i) => sign === '.' || bytes[i] === sign.charCodeAt(0));
  const [, format = null] = beginnings.find(([signs]) => begins(signs)) ?? [];
  if (format !== null) return format;
  if (begins('....ftyp')) return formatOfBrands(bytes);
  return begins('BM') && bmpHeaders.includes(bytes[14]) && [15, 16, 17].every((i) => bytes[i] === 0) ? 'bmp' : null;
}

function formatOfBrands(bytes: Uint8Array): PictureFormat | null {
  const text = String.fromCharCode(...bytes.subarray(8, Math.min(bytes[3] + 256 * bytes[2], 256)));
  const major = brands.find(([brand]) => text.startsWith(brand))?.[1] ?? null;
  const isGeneral = text.startsWith('mif1') || text.startsWith('msf1');
  return isGeneral && /avi[fs]/.test(text.slice(8)) ? 'avif' : major;
}
