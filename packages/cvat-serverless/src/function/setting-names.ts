/** The names of core's options in a deployed function. */
const names: readonly (readonly [RegExp, string])[] = [
  [/limits\.maxPixels(, --max-pixels)?/g, 'CLICKMASK_MAX_PIXELS'],
  // No setting exists for this: more clicks than core's default limit would not help.
  [/, or raise the limit \(limits\.maxClicks\)/g, ''],
  [/the options range and bands/g, 'CLICKMASK_RANGE and CLICKMASK_BANDS'],
  [/raise the deadline/g, 'raise CLICKMASK_DEADLINE_MS'],
  [/\bengine\.level\b/g, 'CLICKMASK_ENGINE_LEVEL'],
  [/\bengine\.here\b/g, 'CLICKMASK_ENGINE_HERE'],
  [/\bfor engine\b/g, 'for CLICKMASK_ENGINE'],
];

/** Rewrites a message of core for the owner of a function, who knows its settings and not core's options. */
export function nameSettings(message: string): string {
  return names.reduce((text, [option, setting]) => text.replace(option, setting), message);
}
