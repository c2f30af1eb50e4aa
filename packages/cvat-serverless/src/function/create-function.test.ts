import { expect, it, onTestFinished } from 'vitest';
import { deepDisc, pictureKinds } from '../../test/support/pictures.js';
import { readReply } from '../replies/index.js';
import { createFunction } from './create-function.js';
import { readFunctionSettings } from './settings.js';

async function refusal(env: Record<string, string>, clicks = 1): Promise<[number, string]> {
  const interactor = createFunction(readFunctionSettings(env));
  onTestFinished(() => interactor.close());
  const { png } = await pictureKinds();
  const pos_points = Array.from({ length: clicks }, () => [9, 9]);
  const reply = await interactor.answer({ image: png.toString('base64'), pos_points, neg_points: [] });
  return [reply.status, (JSON.parse(reply.body.toString()) as { error: { message: string } }).error.message];
}

it('names its own settings in messages, and no options of other programs', async () => {
  const [status, message] = await refusal({ CLICKMASK_MAX_PIXELS: '1000' });
  expect([status, message]).toEqual([413, expect.stringContaining('raise the limit (CLICKMASK_MAX_PIXELS).')]);
  expect(message).not.toMatch(/--|limits\./);
  const [, late] = await refusal({ CLICKMASK_DEADLINE_MS: '1' });
  expect(late).toContain('CLICKMASK_DEADLINE_MS');
  for (const [name, value] of [
    ['CLICKMASK_ENGINE', 'triton'],
    ['CLICKMASK_ENGINE', 'http://me:secret@triton:8000'],
    ['CLICKMASK_MODEL', '/nowhere'],
  ]) {
    const interactor = createFunction(readFunctionSettings({ [name]: value }));
    const attempt = interactor.initContext();
    await expect(attempt).rejects.toThrow(name === 'CLICKMASK_MODEL' ? '/nowhere' : 'for CLICKMASK_ENGINE');
    await expect(attempt).rejects.not.toThrow(/secret|--/);
  }
  const [, many] = await refusal({}, 5000);
  expect(many).toMatch(/at most/);
  expect(many).not.toMatch(/--|limits\./);
});

it('shows the network deep frames as the settings say, and says how in its log', async () => {
  const image = (await deepDisc()).toString('base64');
  const answer = async (env: Record<string, string>) => {
    const interactor = createFunction(readFunctionSettings({ CLICKMASK_REPLY: 'shapes', ...env }));
    onTestFinished(() => interactor.close());
    const { body, notes } = await interactor.answer({ image, pos_points: [[120, 80]], neg_points: [] });
    return { area: readReply(body.toString(), { width: 240, height: 160 }).area, note: notes.join('; ') };
  };
  const shown = await answer({});
  expect(Math.abs(shown.area / (Math.PI * 40 ** 2) - 1)).toBeLessThan(0.05);
  const given = await answer({ CLICKMASK_RANGE: '500,5000' });
  expect(given.note).toMatch(/500 .*5000/);
  expect(given.note).not.toBe(shown.note);
  expect(given.note).toContain('CLICKMASK_RANGE and CLICKMASK_BANDS');
});
