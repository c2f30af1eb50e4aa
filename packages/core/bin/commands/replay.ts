import { ClickmaskError } from '../../src/node.js';
import { defineCommand } from '../../src/runtime/node/command-line/index.js';
import { parseSessionLog, replaySessionLog } from '../../src/session.js';
import { formatJson } from '../json.js';
import { openSegmenter, placeOptions } from '../model-options.js';
import { readInput } from '../read-input.js';

export const replay = defineCommand({
  name: 'replay',
  summary: 'Computes every mask of a session log again and compares.',
  about: `The log comes from 'clickmask segment --log' or from the widget. Its options apply. Exit code: 0 if every mask is the same,
1 otherwise.`,
  args: { usage: '<log.json> <image>', expected: 'a log and its image', min: 2, max: 2 },
  options: {
    'any-model': { type: 'switch', help: 'Also accepts a log of another model. Masks then differ.' },
    json: { type: 'switch', help: 'JSON instead of text.' },
    ...placeOptions,
  },
  notes: 'JSON: total, identical, different (the numbers of the entries whose masks differ, counted from 0), model.',
  examples: [
    'clickmask replay log.json photo.jpg',
    'clickmask replay log.json photo.jpg --model ritm-hrnet18s --any-model --json',
  ],
  async run({ values, args: [path, picture] }, terminal) {
    const log = readLog(path, Buffer.from(await readInput(path)).toString());
    const bytes = await readInput(picture);
    const segmenter = await openSegmenter(values, terminal);
    try {
      const image = await segmenter.open(bytes);
      const report = await replaySessionLog(log, segmenter, image, {
        anyModel: values['any-model'],
        onMask: (_, __, index) => terminal.status(`mask ${index + 1} of ${log.entries.length}`),
      });
      terminal.status('');
      const { total, identical, different } = report;
      const differs = different.length === 0 ? '' : ` Other masks: ${different.join(', ')}.`;
      if (values.json) terminal.out(formatJson({ ...report, model: segmenter.info.model }));
      else terminal.out(`${identical} of ${total} masks are the same with ${segmenter.info.model}.${differs}`);
      return different.length === 0 ? 0 : 1;
    } finally {
      terminal.status('');
      await segmenter.close();
    }
  },
});

function readLog(path: string, text: string) {
  try {
    return parseSessionLog(JSON.parse(text));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new ClickmaskError('bad-format', `Expected a session log in ${path} but it is not JSON: ${cause.message}`, {
      cause,
    });
  }
}
