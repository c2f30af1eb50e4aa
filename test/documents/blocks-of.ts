/** A code block of a document. */
export interface CodeBlock {
  /** Such as `README.md:15`: the first line of its code. */
  readonly place: string;
  /** What stands after the fence; empty for indented blocks. */
  readonly language: string;
  /** Without the indentation of the block. */
  readonly code: string;
  /** The reason of an HTML comment `<!-- not run: … -->` on the line before, which readers do not see. */
  readonly reason: string | null;
}

/**
 * The code blocks of a Markdown text, fenced and indented ones, in order.
 *
 * @param text - the document
 * @param file - its name, for the places
 */
export function codeBlocksOf(text: string, file: string): readonly CodeBlock[] {
  const lines = text.split('\n');
  const blocks: CodeBlock[] = [];
  let reason: string | null = null;
  for (let at = 0; at < lines.length; at += 1) {
    const comment = /^\s*<!-- not run: (.+) -->$/.exec(lines[at]);
    if (comment !== null) {
      reason = comment[1];
      continue;
    }
    const fence = /^(\s*)```(\w*)/.exec(lines[at]);
    const isIndented = /^ {4,}\S/.test(lines[at]) && (at === 0 || lines[at - 1].trim() === '');
    if (fence === null && !isIndented) {
      if (lines[at].trim() !== '') reason = null;
      continue;
    }
    const start = fence === null ? at : at + 1;
    const isEnd = (line: string) => (fence === null ? /^ {0,3}\S/.test(line) : /^\s*```\s*$/.test(line));
    let end = start;
    while (end < lines.length && !isEnd(lines[end])) end += 1;
    const inner = lines.slice(start, end);
    const indents = inner.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
    const indent = Math.min(...indents);
    const code = inner
      .map((line) => line.slice(indent))
      .join('\n')
      .trimEnd();
    // Continued paragraphs of lists are indented as code is.
    if (fence !== null || !isListText(lines, at)) {
      blocks.push({ place: `${file}:${start + 1}`, language: fence?.[2] ?? '', code, reason });
    }
    reason = null;
    at = fence === null ? end - 1 : end;
  }
  return blocks;
}

/** Whether an indented line belongs to the text of a list: less than four spaces more than the list's own text. */
function isListText(lines: readonly string[], at: number): boolean {
  const indent = lines[at].search(/\S/);
  for (let above = at - 1; above >= 0; above -= 1) {
    const item = /^(\s*(?:[-*]|\d+\.)\s+)\S/.exec(lines[above]);
    if (item !== null && item[1].length <= indent) return indent < item[1].length + 4;
    if (lines[above].trim() !== '' && !/^\s/.test(lines[above])) return false;
  }
  return false;
}
