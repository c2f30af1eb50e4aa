import { parse } from 'csv-parse/sync';
import { ClickmaskError } from '../../src/errors.js';
import { badFormat } from '../../src/formats/codec.js';
import { readBox, readLabel, readNumber } from './click-fields.js';
import type { PromptCollector } from './prompts.js';

/** The order of columns in a file without a header. */
const columns = ['picture', 'x', 'y', 'label', 'object', 'class', 'x1', 'y1', 'x2', 'y2'] as const;
type Row = { readonly [C in (typeof columns)[number]]?: string };

/**
 * Reads a table with one click per row: `picture,x,y,label,object,class`, and `x1,y1,x2,y2` for a box. Columns may come
 * in any order and are separated by commas, semicolons or tabs. Unknown columns are ignored.
 *
 * @throws ClickmaskError `bad-format` that names the line
 */
export function readCsvPrompts(name: string, text: string, collector: PromptCollector): void {
  for (const { row, line } of rowsOf(name, text)) {
    const where = `line ${line} of ${name}`;
    const { picture = '', x = '', y = '', object = '', class: className = '' } = row;
    if (picture === '') throw badFormat('prompts', where, 'an image', picture);
    const hasBox = [row.x1, row.y1, row.x2, row.y2].some((corner) => corner !== undefined && corner !== '');
    const hasClick = x !== '' || y !== '';
    if (!hasClick && !hasBox) throw badFormat('prompts', where, 'x and y of a click, or x1, y1, x2, y2 of a box', row);
    const click = () => ({
      x: readNumber(`x in ${where}`, x),
      y: readNumber(`y in ${where}`, y),
      label: readLabel(where, row.label),
    });
    collector.add(picture, object === '' ? `class ${className}` : `object ${object}`, {
      className: className === '' ? 'object' : className,
      ...(object === '' ? {} : { id: object }),
      clicks: hasClick ? [click()] : [],
      ...(hasBox ? { box: readBox(where, [row.x1, row.y1, row.x2, row.y2]) } : {}),
    });
  }
}

function* rowsOf(name: string, text: string): Generator<{ readonly row: Row; readonly line: number }> {
  const records = parseTable(name, text);
  const head = records[0]?.record.map((cell) => cell.toLowerCase()) ?? [];
  const isNamed = head.includes('picture');
  if (!isNamed && !(Number.isFinite(Number(head[1])) && head[1] !== '')) {
    throw badFormat(
      'prompts',
      `the first line of ${name}`,
      `the columns ${columns.slice(0, 6).join(',')}`,
      head.join(','),
    );
  }
  const names = isNamed ? head : columns;
  for (const { record, info } of isNamed ? records.slice(1) : records) {
    yield { row: Object.fromEntries(names.map((column, i) => [column, record[i]])), line: info.lines };
  }
}

interface Line {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function parseTable(name: string, text: string): readonly Line[] {
  const first = /^[^\r\n]*/.exec(text.replace(/^\ufeff/, ''))?.[0] ?? '';
  const delimiter = [',', ';', '\t'].reduce((a, b) => (first.split(b).length > first.split(a).length ? b : a));
  const options = { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true, info: true };
  try {
    // The library's types lack `info`.
    return parse(text, { ...options, delimiter }) as unknown as readonly Line[];
  } catch (cause) {
    throw new ClickmaskError('bad-format', `${name} is no table: ${(cause as Error).message}`, { cause });
  }
}
