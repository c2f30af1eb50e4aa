import { createHash } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Derives a region id from its parts: ten letters and digits, as in the editor. The same parts give the same id, so a
 * later answer for the same object replaces the region instead of adding one.
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
