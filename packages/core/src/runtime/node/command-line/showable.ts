/** Control characters except tab and line breaks, and characters that change the writing direction. */
const obeyed = /\r(?!\n)|(?![\t\n\r])\p{Cc}|[\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * Replaces characters that a terminal would obey by escapes such as `\u001b`. Names of files, labels, models and
 * servers come from strangers. JSON stays the same JSON.
 */
export function showable(text: string): string {
  return text.replace(obeyed, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
