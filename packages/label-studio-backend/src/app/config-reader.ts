import {
  compileLabelingConfig,
  type LabelingConfig,
  type LabelingConfigSource,
  type TaskData,
} from '../labeling-config/index.js';
import { Problem } from '../problems/index.js';

/** Reads a task's labeling config from the request, or uses the config of the last setup if the request has none. */
export type ConfigReader = (
  project: string,
  xml: string | null | undefined,
  data: TaskData | null | undefined,
) => LabelingConfig;

/**
 * Every click sends the labeling config, so the latest ones are kept parsed, up to a total number of characters.
 *
 * @param schemaOf - returns the config from the project's setup
 */
export function createConfigReader(schemaOf: (project: string) => string | undefined, maxLength = 8e6): ConfigReader {
  const known = new Map<string, LabelingConfigSource>();
  let length = 0;
  return (project, xml, data) => {
    const text = xml === null || xml === undefined || xml === '' ? schemaOf(project) : xml;
    if (text === undefined) {
      throw new Problem('bad-labeling-config', 'Expected a labeling config with the request but there is none.');
    }
    const found = known.get(text);
    if (found !== undefined) return found(data ?? undefined);
    const source = compileLabelingConfig(text);
    known.set(text, source);
    length += text.length;
    for (const oldest of known.keys()) {
      if (length <= maxLength || known.size === 1) break;
      known.delete(oldest);
      length -= oldest.length;
    }
    return source(data ?? undefined);
  };
}
