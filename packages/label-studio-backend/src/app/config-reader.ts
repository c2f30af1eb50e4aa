import { type LabelingConfig, parseLabelingConfig } from '../labeling-config/index.js';
import { Problem } from '../problems/index.js';

/** Reads the labeling config of a request; the one of the last setup where the request has none. */
export type ConfigReader = (project: string, xml: string | null | undefined) => LabelingConfig;

/**
 * Labeling configs are sent with every click; the last ones are kept parsed.
 *
 * @param schemaOf - what the project was set up with
 */
export function createConfigReader(schemaOf: (project: string) => string | undefined): ConfigReader {
  const known = new Map<string, LabelingConfig>();
  return (project, xml) => {
    const text = xml === null || xml === undefined || xml === '' ? schemaOf(project) : xml;
    if (text === undefined) {
      throw new Problem('bad-labeling-config', 'Expected a labeling config with the request but there is none.');
    }
    const found = known.get(text);
    if (found !== undefined) return found;
    const config = parseLabelingConfig(text);
    known.set(text, config);
    for (const oldest of known.keys()) {
      if (known.size <= 50) break;
      known.delete(oldest);
    }
    return config;
  };
}
