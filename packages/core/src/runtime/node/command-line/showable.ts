/** Controls but tab and the ends of lines, and what turns the direction of writing. */
const obeyed = /\r(?!\n)|(?![\t\n\r])\p{Cc}|[\p{Bidi_Control}\u2028\u2029]/gu;

/**
 * Text with what a terminal would obey written out, as `\u001b`. Names of files, labels, models and servers come from
 * strangers; the result says what is there, and where it is JSON it is the same JSON.
 */
export function showable(text: string): string {
  return text.replace(obeyed, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
