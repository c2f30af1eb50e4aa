/** Image formats that can be recognised by their first bytes. */
export type PictureFormat = 'avif' | 'bmp' | 'gif' | 'heif' | 'jpeg' | 'png' | 'tiff' | 'webp';

/**
 * The first bytes of files; a dot stands for any byte. TIFF has two byte orders, and a form for more than 4 GB
 * (BigTIFF).
 */
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

/** Brands of the container of AVIF and HEIC. The generic ones, `mif1` and `msf1`, name the specific one later. */
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

/** Sizes of a BMP file's second header. They confirm its two letters. */
const bmpHeaders = [12, 16, 40, 52, 56, 64, 108, 124];

/**
 * Recognises an image file by its first bytes; null if it is unknown. A decoder may not exist.
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
