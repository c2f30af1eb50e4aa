import { ClickmaskError } from '../errors/index.js';
import type { ModelManifest } from './manifest.js';

/** A dimension that may have any size, in an expected shape. */
export type ExpectedSize = number | 'any';

/** Whether a graph of the manifest declares a tensor. */
export function declares(manifest: ModelManifest, graph: string, kind: 'inputs' | 'outputs', name: string): boolean {
  return manifest.graphs[graph][kind].some((tensor) => tensor.name === name);
}

/**
 * The shape that the manifest declares for a tensor.
 *
 * @throws ClickmaskError `bad-model` where there is no such tensor, or it is of another shape than the family expects
 */
export function declaredShape(
  manifest: ModelManifest,
  graph: string,
  kind: 'inputs' | 'outputs',
  name: string,
  expected: readonly ExpectedSize[],
): readonly (number | string)[] {
  const shape = manifest.graphs[graph][kind].find((tensor) => tensor.name === name)?.shape;
  const fits =
    shape?.length === expected.length &&
    expected.every((size, i) => size === 'any' || shape[i] === size || isName(shape[i]));
  if (fits) return shape;
  const found = shape === undefined ? 'none of that name' : `[${shape.join(', ')}]`;
  throw misfit(
    manifest,
    `${graph} ${kind.slice(0, -1)} '${name}' of shape [${expected.map((size) => (size === 'any' ? '?' : size)).join(', ')}] but found ${found}`,
  );
}

/** The error for a manifest that its family cannot serve. */
export function misfit(manifest: ModelManifest, expected: string): ClickmaskError {
  const message = `The model '${manifest.name}' does not fit the family '${manifest.family}': expected ${expected}. Check the manifest's tensors and options.`;
  return new ClickmaskError('bad-model', message);
}

const isName = (size: number | string): boolean => typeof size === 'string';
