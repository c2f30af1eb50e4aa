/** The message of a caught value. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Makes a stranger's text one short line that is safe to show and log: without characters that a terminal would obey.
 */
export function plainText(text: string, length = 300): string {
  // Control and format characters, including those that change the writing direction, and line ends.
  const clean = text
    .slice(0, 4 * length)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return clean.length > length ? `${clean.slice(0, length)}...` : clean;
}
