/** A command as a document prints it. */
export interface DocumentedCommand {
  /** Such as `README.md:15`. */
  readonly place: string;
  /** One line: continuations joined, remarks at the end left out. */
  readonly command: string;
}

const programs =
  /^(\w+=\S+ )*(npx|npm|echo|node|export|clickmask|nuctl|docker|pip|python3?|uv|tritonserver|mlserver|kubectl|helm|scripts\/|\.venv|\.ci|cd|mkdir|git|curl)\b/;

/**
 * The commands of a Markdown text: lines of `sh` blocks, and of indented blocks, that begin with a program.
 *
 * @param text - the document
 * @param file - its name, for the places
 */
export function commandsOf(text: string, file: string): readonly DocumentedCommand[] {
  const found: DocumentedCommand[] = [];
  let fence: string | undefined;
  let pending: { line: number; text: string } | undefined;
  text.split('\n').forEach((raw, index) => {
    const mark = /^\s*```(\w*)/.exec(raw);
    if (mark !== null) {
      fence = fence === undefined ? mark[1] : undefined;
      return;
    }
    const isCode = fence === 'sh' || fence === 'bash' || (fence === undefined && /^ {4,}/.test(raw));
    if (!isCode) return;
    const line = raw.trim();
    pending = pending === undefined ? { line: index + 1, text: line } : { ...pending, text: `${pending.text} ${line}` };
    if (pending.text.endsWith('\\')) {
      pending = { ...pending, text: pending.text.slice(0, -1).trim() };
      return;
    }
    const command = pending.text.replace(/\s+#.*$/, '');
    if (programs.test(command)) found.push({ place: `${file}:${pending.line}`, command });
    pending = undefined;
  });
  return found;
}
