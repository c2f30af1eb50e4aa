import { Problem } from '../problems/index.js';

/** One element of a labeling config. Text between tags has no meaning there and is dropped. */
export interface ConfigTag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly ConfigTag[];
}

/** Label Studio reads attribute names in any case. */
export function attribute(tag: ConfigTag, lowerCaseName: string): string | undefined {
  for (const [name, value] of Object.entries(tag.attributes)) {
    if (name.toLowerCase() === lowerCaseName) return value;
  }
  return undefined;
}

/** All tags in document order, without recursion. Skips the content of the tags that `closed` names. */
export function flatten(root: ConfigTag, closed: (tag: ConfigTag) => boolean = () => false): ConfigTag[] {
  const found: ConfigTag[] = [];
  const rest: ConfigTag[] = [root];
  for (let tag = rest.pop(); tag !== undefined; tag = rest.pop()) {
    found.push(tag);
    if (closed(tag)) continue;
    for (let i = tag.children.length - 1; i >= 0; i--) rest.push(tag.children[i]);
  }
  return found;
}

const maxLength = 2_000_000;
const maxTags = 50_000;
const maxDepth = 256;

/**
 * Parses the XML of a labeling config: elements and attributes. It skips comments and supports neither DTDs nor custom
 * entities, so nothing can expand. Text between tags is accepted, as in Label Studio's own parser. Takes linear time.
 *
 * @throws Problem `bad-labeling-config`
 */
export function parseXml(text: string): ConfigTag {
  if (text.length > maxLength) throw fail(`it is longer than ${maxLength} characters`);
  const root = { name: '', attributes: {}, children: [] as ConfigTag[] };
  const open: { name: string; children: ConfigTag[] }[] = [root];
  let tags = 0;
  let position = 0;
  for (;;) {
    const start = text.indexOf('<', position);
    if (start === -1) break;
    const skipped = skipMarkup(text, start);
    if (skipped !== undefined) {
      position = skipped;
      continue;
    }
    const end = tagEnd(text, start);
    position = end + 1;
    if (text[start + 1] === '/') {
      const name = text.slice(start + 2, end).trim();
      const last = open.pop();
      if (open.length === 0 || last?.name !== name) throw fail(`</${shorten(name)}> closes a tag that is not open`);
      continue;
    }
    if (++tags > maxTags) throw fail(`it has more than ${maxTags} tags`);
    const selfClosing = text[end - 1] === '/';
    const tag = readTag(text.slice(start + 1, selfClosing ? end - 1 : end));
    open[open.length - 1].children.push(tag);
    if (!selfClosing) {
      if (open.length > maxDepth) throw fail(`tags are nested deeper than ${maxDepth}`);
      open.push(tag);
    }
  }
  if (open.length > 1) throw fail(`<${shorten(open[open.length - 1].name)}> is not closed`);
  if (root.children.length === 0) throw fail('it has no tag');
  return root.children.length === 1 ? root.children[0] : root;
}

/** The position after a comment, declaration or processing instruction; undefined if an element begins here. */
function skipMarkup(text: string, start: number): number | undefined {
  const closing = text.startsWith('<!--', start)
    ? '-->'
    : text.startsWith('<![CDATA[', start)
      ? ']]>'
      : text.startsWith('<?', start)
        ? '?>'
        : text.startsWith('<!', start)
          ? '>'
          : undefined;
  if (closing === undefined) return undefined;
  const end = text.indexOf(closing, start + 2);
  if (end === -1) throw fail(`"${text.slice(start, start + 4)}" is not closed`);
  return end + closing.length;
}

/** The position of the `>` that ends a tag, skipping quoted values. */
function tagEnd(text: string, start: number): number {
  let quote = '';
  for (let i = start + 1; i < text.length; i++) {
    const c = text[i];
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '>') return i;
    else if (c === '<') break;
  }
  throw fail(`the tag "${shorten(text.slice(start, start + 40))}" is not closed`);
}

function readTag(text: string): { name: string; attributes: Record<string, string>; children: ConfigTag[] } {
  const name = /^[A-Za-z_][\w.:-]*/.exec(text)?.[0];
  if (name === undefined) throw fail(`"<${shorten(text)}" is not a tag`);
  const attributes: Record<string, string> = Object.create(null);
  const pattern = /([^\s=/"'<>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
  let position = name.length;
  for (;;) {
    while (position < text.length && /\s/.test(text[position])) position++;
    if (position >= text.length) break;
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match === null) throw fail(`"${shorten(text.slice(position))}" in <${shorten(name)}> is not an attribute`);
    attributes[match[1]] = decodeEntities(match[2] ?? match[3]);
    position = pattern.lastIndex;
  }
  return { name, attributes, children: [] };
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w{1,8}));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

function fail(what: string): Problem {
  return new Problem('bad-labeling-config', `Expected a labeling config in XML, but ${what}.`);
}
