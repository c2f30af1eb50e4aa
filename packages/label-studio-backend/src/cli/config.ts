import { outputKinds, parseLabelList, writeLabelingConfig } from '../labeling-config/index.js';
import { type Command, oneOf, UsageError, type Values } from './arguments.js';

export const configCommand: Command = {
  name: 'config',
  summary:
    'Prints a labeling config that works with the backend, to be pasted into Settings, Labeling Interface, Code.',
  flags: {
    labels: {
      type: 'list',
      value: 'A,B',
      help: 'The labels. One with a comma stands in double quotes: Cat,"Dog, brown".',
    },
    output: { type: 'text', value: 'KIND', help: `What a click gives: ${outputKinds.join(', ')}.`, default: 'brush' },
    variable: { type: 'text', value: 'NAME', help: 'Name of the picture in the task data.', default: 'image' },
    'negative-tool': {
      type: 'switch',
      help: 'Adds a second keypoint tool for negative clicks, for those who cannot use the Alt key.',
    },
    'no-box': { type: 'switch', help: 'Leaves out the tool for boxes.' },
  },
  examples: [
    'clickmask-label-studio config --labels Cat,Dog',
    'clickmask-label-studio config --labels Roof --output polygon --negative-tool',
    `clickmask-label-studio config --labels 'Cat,"Dog, brown"' --output rectangle`,
  ],
};

export function config(values: Values): string {
  const labels = values.texts('labels').flatMap(parseLabelList);
  if (labels.length === 0) throw new UsageError('Expected --labels with at least one label, such as --labels Cat,Dog.');
  return writeLabelingConfig({
    labels,
    output: oneOf('output', values.text('output'), outputKinds),
    variable: values.text('variable'),
    negativeTool: values.on('negative-tool'),
    boxTool: !values.on('no-box'),
  });
}
