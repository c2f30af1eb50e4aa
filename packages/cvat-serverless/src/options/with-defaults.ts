/** Merges options into defaults. An option that is undefined counts as left out. */
export function withDefaults<T extends object, D extends object>(defaults: D, options: T): T & D {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as T & D;
}
