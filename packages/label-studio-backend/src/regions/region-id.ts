import { createHash } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * A region id of ten letters and digits, as the editor makes them, that is always the same for the same parts. A later
 * answer for the same object then replaces the region instead of adding one.
 *
 * @example
 * ```ts
 * import { regionId } from '@clickmask/label-studio-backend';
 *
 * console.log(regionId('project', 'task', 'Cat') === regionId('project', 'task', 'Cat')); // true
 * ```
 */
export function regionId(...parts: readonly (string | number | undefined)[]): string {
  const digest = createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest();
  let id = '';
  for (let i = 0; i < 10; i++) id += alphabet[digest.readUInt16BE(2 * i) % alphabet.length];
  return id;
}
