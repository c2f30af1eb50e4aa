/** What a caught value says. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A stranger's text as one line that may be shown and logged: without what a terminal would take for a command, and short.
 */
export function plainText(text: string, length = 300): string {
  // Control and format characters, those that turn the direction of writing among them, and ends of lines.
  const clean = text
    .slice(0, 4 * length)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return clean.length > length ? `${clean.slice(0, length)}...` : clean;
}
