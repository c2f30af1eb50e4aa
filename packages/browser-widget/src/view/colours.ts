/**
 * Colours for objects without a class. They differ clearly in hue and lightness, also with common kinds of colour
 * blindness.
 */
export const palette: readonly string[] = Object.freeze([
  '#0a9bff',
  '#ff8c1a',
  '#12b886',
  '#e64980',
  '#ffd43b',
  '#7950f2',
  '#20c9d4',
  '#c2571a',
]);

/** Red, green and blue of `#rgb` or `#rrggbb`. Anything else gives a default blue. */
export function parseColour(text: string): readonly [red: number, green: number, blue: number] {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  const parts = short !== null ? short.slice(1).map((digit) => digit + digit) : long?.slice(1);
  if (parts === undefined) return [10, 155, 255];
  const [red, green, blue] = parts.map((part) => Number.parseInt(part, 16));
  return [red, green, blue];
}
