/**
 * Mirrors every row of a row-major array [..., width] in place.
 *
 * @param width - length of a row; the array's length is a multiple of it
 */
export function mirrorRows(data: Float32Array, width: number): void {
  for (let start = 0; start < data.length; start += width) data.subarray(start, start + width).reverse();
}

/**
 * Flip averaging: the mean of the logits of an image and of its mirror image (mirrored back), before the sigmoid, as
 * RITM and its successors do at evaluation.
 */
export function averageLogits(a: Float32Array, b: Float32Array): Float32Array {
  const mean = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) mean[i] = 0.5 * (a[i] + b[i]);
  return mean;
}
