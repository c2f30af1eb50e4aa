import { ar } from './ar.js';
import { de } from './de.js';
import { en } from './en.js';
import { fr } from './fr.js';
import { ja } from './ja.js';
import type { Messages } from './messages.js';
import { zh } from './zh.js';

export { fillIn, type Messages } from './messages.js';

/**
 * The languages of the widget by language tag.
 *
 * @example
 * ```ts
 * import { catalogues } from '@clickmask/browser-widget';
 *
 * console.log(Object.keys(catalogues).join(' ')); // en de fr zh ja ar
 * ```
 */
export const catalogues: Readonly<Record<string, Messages>> = Object.freeze({ en, de, fr, zh, ja, ar });

/**
 * The texts for a language tag such as `de-AT`: its own, else its language's, else English. The page's own texts
 * replace them.
 */
export function messagesFor(tag: string, replaced: Partial<Messages> = {}): Messages {
  return { ...catalogueOf(tag), ...replaced };
}

function catalogueOf(tag: string): Messages {
  const wanted = tag.toLowerCase();
  return catalogues[wanted] ?? catalogues[wanted.split('-')[0]] ?? en;
}

/** The text direction of a language tag. */
export function directionOf(tag: string): 'ltr' | 'rtl' {
  return catalogueOf(tag) === ar ? 'rtl' : 'ltr';
}

/** A language tag in the browser's form; English if it is not valid. Some systems write an underscore. */
export function languageTag(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0];
  } catch {
    return 'en';
  }
}
