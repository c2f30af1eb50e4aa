/** What core calls its options, and what they are called where a function is deployed. */
const names: readonly (readonly [RegExp, string])[] = [
  [/limits\.maxPixels(, --max-pixels)?/g, 'CLICKMASK_MAX_PIXELS'],
  // There is no such setting: more clicks than core takes by default help nobody.
  [/, or raise the limit \(limits\.maxClicks\)/g, ''],
  [/the options range and bands/g, 'CLICKMASK_RANGE and CLICKMASK_BANDS'],
  [/raise the deadline/g, 'raise CLICKMASK_DEADLINE_MS'],
  [/\bengine\.level\b/g, 'CLICKMASK_ENGINE_LEVEL'],
  [/\bengine\.here\b/g, 'CLICKMASK_ENGINE_HERE'],
  [/\bfor engine\b/g, 'for CLICKMASK_ENGINE'],
];

/** A message of core's for the owner of a function, who knows its settings and not core's options. */
export function nameSettings(message: string): string {
  return names.reduce((text, [option, setting]) => text.replace(option, setting), message);
}
