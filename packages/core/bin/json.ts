/** JSON for people and programs: a line per field, with lists of numbers, however nested, on one line. */
export function formatJson(value: unknown): string {
  return `${format(value, '')}\n`;
}

function format(value: unknown, indent: string): string {
  if (isFlat(value)) return JSON.stringify(value) ?? 'null';
  const deeper = `${indent}  `;
  const block = (open: string, lines: readonly string[], close: string) =>
    lines.length === 0 ? open + close : `${open}\n${lines.map((line) => deeper + line).join(',\n')}\n${indent}${close}`;
  if (Array.isArray(value)) {
    const items = value.map((item) => format(item, deeper));
    return block('[', items, ']');
  }
  const fields = Object.entries(value as object).filter(([, field]) => field !== undefined);
  const lines = fields.map(([key, field]) => `${JSON.stringify(key)}: ${format(field, deeper)}`);
  return block('{', lines, '}');
}

function isFlat(value: unknown): boolean {
  return typeof value !== 'object' || value === null || (Array.isArray(value) && value.every(isFlat));
}
