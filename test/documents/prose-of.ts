/** The prose of a Markdown text: code, addresses and names in capitals left out, its lines where they were. */
export function proseOf(text: string): string {
  const blank = (part: string) => part.replace(/[^\n]/g, '');
  return text
    .replace(/^---\n[\s\S]*?\n---$/m, blank)
    .replace(/<(script|style)[\s\S]*?<\/\1>/g, blank)
    .replace(/```[\s\S]*?```/g, blank)
    .replace(/^ {4,}(?![-*|\d]).*$/gm, blank)
    .replace(/`[^`]*`/g, blank)
    .replace(/\]\([^)]*\)/g, ']')
    .replace(/\b[A-Z]{2,}\b/g, '');
}

/** Words and spellings of which documents have the other one: image, and British; terms of other software are as it has them. */
const american =
  /\b(pictures?|color\w*|behavior\w*|licens(?:e|es|ed|ing)\b(?! \d)|center\w*|gray\w*|neighbor\w*|label(?:ed|ing)\b(?! (?:config|interface))|cancel(?:ed|ing)\b|model(?:ed|ing)\b|catalog\b|[a-z]+(?<!s|res|pr)iz(?:e[sd]?|ing|ation))\b/gi;

/**
 * Words of a Markdown text that are spelt in the way that the other documents do not.
 *
 * @param text - the document
 * @param file - its name, for the places
 */
export function misspeltIn(text: string, file: string): readonly string[] {
  return proseOf(text)
    .split('\n')
    .flatMap((line, i) => (line.match(american) ?? []).map((word) => `${file}:${i + 1}: ${word}`));
}
