import { ClickmaskError } from '../errors/index.js';
import type { Size } from '../geometry/index.js';
import type { ModelManifest } from './manifest.js';

/** A dimension of any size in an expected shape. */
export type ExpectedSize = number | 'any';

/** Whether the manifest's graph declares a tensor. */
export function declares(manifest: ModelManifest, graph: string, kind: 'inputs' | 'outputs', name: string): boolean {
  return manifest.graphs[graph][kind].some((tensor) => tensor.name === name);
}

/**
 * The manifest's shape of a tensor.
 *
 * @throws ClickmaskError `bad-model` if there is no such tensor, or the family expects another shape
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

/**
 * Height and width of an input [1, channels, height, width] with a fixed size.
 *
 * @throws ClickmaskError `bad-model`
 */
export function fixedSize(manifest: ModelManifest, graph: string, name: string, channels: number): Size {
  const [, , height, width] = declaredShape(manifest, graph, 'inputs', name, [1, channels, 'any', 'any']);
  if (typeof height === 'number' && typeof width === 'number') return { width, height };
  throw misfit(manifest, `a fixed size of ${graph} input '${name}'`);
}

/**
 * Side of the square input `image` [1, 3, S, S], in px.
 *
 * @throws ClickmaskError `bad-model`
 */
export function squareSide(manifest: ModelManifest, graph: string): number {
  const { width, height } = fixedSize(manifest, graph, 'image', 3);
  if (width === height) return width;
  throw misfit(manifest, `a square for ${graph} input 'image'`);
}

/**
 * The decoder's inputs that the encoder produces: all except the prompt's.
 *
 * @throws ClickmaskError `bad-model` if the encoder has no such output
 */
export function featureNames(manifest: ModelManifest, prompts: readonly string[]): readonly string[] {
  const made = manifest.graphs.encoder.outputs.map(({ name }) => name);
  const needed = manifest.graphs.decoder.inputs.map(({ name }) => name).filter((name) => !prompts.includes(name));
  const missing = needed.find((name) => !made.includes(name));
  if (missing === undefined) return needed;
  throw misfit(manifest, `an encoder output for the decoder's input '${missing}'`);
}

/** The error for a manifest that its family does not support. */
export function misfit(manifest: ModelManifest, expected: string): ClickmaskError {
  const message = `The model '${manifest.name}' does not fit the family '${manifest.family}': expected ${expected}. Check the manifest's tensors and options.`;
  return new ClickmaskError('bad-model', message);
}

const isName = (size: number | string): boolean => typeof size === 'string';
