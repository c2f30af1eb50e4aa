import { defineCommand, UsageError } from '@clickmask/core/adapters';
import { outputKinds, parseLabelList, writeLabelingConfig } from '../labeling-config/index.js';

export const configCommand = defineCommand({
  name: 'config',
  summary: 'Prints a labeling config for the backend. Paste it into Settings, Labeling Interface, Code.',
  options: {
    labels: {
      type: 'texts',
      required: true,
      value: 'A,B',
      help: 'The labels. Put a label with a comma in double quotes: Cat,"Dog, brown".',
    },
    output: { type: 'text', choices: outputKinds, default: 'brush', help: 'What a click gives.' },
    variable: { type: 'text', value: 'NAME', help: 'Name of the image in the task data.', default: 'image' },
    'negative-tool': {
      type: 'switch',
      help: 'Adds a second keypoint tool for negative clicks without the Alt key.',
    },
    'no-box': { type: 'switch', help: 'Leaves out the box tool.' },
  },
  examples: [
    'clickmask-label-studio config --labels Cat,Dog',
    'clickmask-label-studio config --labels Roof --output polygon --negative-tool',
    `clickmask-label-studio config --labels 'Cat,"Dog, brown"' --output rectangle`,
  ],
  async run({ values }, terminal) {
    const labels = values.labels.flatMap(parseLabelList);
    if (labels.length === 0)
      throw new UsageError('Expected at least one label for --labels, such as --labels Cat,Dog.');
    terminal.out(
      writeLabelingConfig({
        labels,
        output: values.output,
        variable: values.variable,
        negativeTool: values['negative-tool'],
        boxTool: !values['no-box'],
      }),
    );
    return 0;
  },
});
