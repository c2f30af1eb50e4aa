/** Whether an example of this name cannot be run by a browser as it is written. */
export function needsBundler(name: string): boolean;

/** Builds an example in memory: files by their paths. */
export function bundleExample(name: string): Promise<Map<string, Uint8Array>>;
