import { ClickmaskError } from '@clickmask/core';

/**
 * Parses a typed list of labels: separated by commas. A label that holds a comma or a quote is put in double quotes,
 * and a quote inside is doubled (`Cat,"Dog, brown","12"" pipe"`).
 *
 * @throws ClickmaskError `bad-option` if a quote is not closed
 */
export function parseLabelList(text: string): string[] {
  const labels: string[] = [];
  const entry = /\s*(?:"((?:[^"]|"")*)"\s*|([^",\s][^,]*|))(?:,|$)/y;
  for (;;) {
    const match = entry.exec(text);
    if (match === null) {
      throw new ClickmaskError(
        'bad-option',
        `Expected labels such as Cat,"Dog, brown" but a quote does not end, or is followed by more: ${text.slice(0, 80)}`,
      );
    }
    const label = (match[1]?.replaceAll('""', '"') ?? match[2]).trim();
    if (label !== '') labels.push(label);
    if (entry.lastIndex >= text.length) return labels;
  }
}
