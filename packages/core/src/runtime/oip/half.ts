/** IEEE half-precision numbers as bits: features at half the size. */

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** The nearest half of each number, ties to even. Values beyond 65504 become infinite. */
export function toHalf(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < words.length; i++) halves[i] = halfOf(words[i]);
  return halves;
}

export function fromHalf(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const words = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) words[i] = singleOf(halves[i]);
  return values;
}

function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 112;
  const fraction = word & 0x7fffff;
  if (exponent >= 31) {
    const isNan = exponent === 143 && fraction !== 0;
    return sign | 0x7c00 | (isNan ? 0x200 : 0);
  }
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    // Too small for its own exponent: the leading one becomes part of the fraction.
    return sign | rounded(fraction | 0x800000, 14 - exponent);
  }
  // A fraction that rounds up to the next power carries into the exponent, which is correct.
  return sign | ((exponent << 10) + rounded(fraction, 13));
}

/** `value / 2 ** shift`, to the nearest whole number, ties to even. */
function rounded(value: number, shift: number): number {
  const whole = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return whole + (rest > half || (rest === half && (whole & 1) === 1) ? 1 : 0);
}

function singleOf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  floats[0] = fraction * 2 ** -24;
  return sign | bits[0];
}
