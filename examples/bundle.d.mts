/** Whether a browser cannot run the example with this name without a build. */
export function needsBundler(name: string): boolean;

/** Builds an example in memory: files by path. */
export function bundleExample(name: string): Promise<Map<string, Uint8Array>>;
