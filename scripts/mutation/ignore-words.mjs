// For `npm run mutate`: leaves out prose. Tests do not fix the wording of messages, only codes and names.
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'words', {
    shouldIgnore({ node }) {
      const isWords =
        (node.type === 'StringLiteral' && /\S\s+\S/.test(node.value)) ||
        (node.type === 'TemplateLiteral' && node.quasis.some(({ value }) => /\s\S|\S\s/.test(value.raw)));
      return isWords ? 'a text in words' : undefined;
    },
  }),
];
