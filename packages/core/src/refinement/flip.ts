/**
 * Mirrors every row of a row-major array of floats in place: [..., width] becomes its mirror image.
 *
 * @param width - length of a row; the array holds a whole number of rows
 */
export function mirrorRows(data: Float32Array, width: number): void {
  for (let start = 0; start < data.length; start += width) data.subarray(start, start + width).reverse();
}

/**
 * Flip averaging: the mean of the logits of an image and of its mirror image, already mirrored back, before the
 * sigmoid (as RITM and its followers do at evaluation).
 */
export function averageLogits(a: Float32Array, b: Float32Array): Float32Array {
  const mean = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) mean[i] = 0.5 * (a[i] + b[i]);
  return mean;
}
