import { describe, expect, it } from 'vitest';
import { functionVariables, readFunctionSettings } from './settings.js';

describe('readFunctionSettings', () => {
  it('has defaults for everything', () => {
    expect(readFunctionSettings({})).toEqual({
      provider: 'auto',
      spin: false,
      reply: 'mask',
      postprocess: { removeSpecks: 0, smooth: 0 },
      maxPixels: 64e6,
      cacheMb: 160,
      deadlineMs: 25_000,
      streamFrom: 262_144,
    });
  });

  it('reads every variable', () => {
    const settings = readFunctionSettings({
      CLICKMASK_MODEL: '/models/other',
      CLICKMASK_PROVIDER: 'cpu',
      CLICKMASK_THREADS: '3',
      CLICKMASK_SPIN: 'on',
      CLICKMASK_REPLY: 'auto',
      CLICKMASK_CVAT_VERSION: '2.41.0',
      CLICKMASK_THRESHOLD: '0.4',
      CLICKMASK_PARTS: 'largest',
      CLICKMASK_FILL_HOLES: 'all',
      CLICKMASK_REMOVE_SPECKS: '20',
      CLICKMASK_SMOOTH: '2',
      CLICKMASK_CASCADE: '3',
      CLICKMASK_MAX_PIXELS: '1000000',
      CLICKMASK_CACHE_MB: '64',
      CLICKMASK_DEADLINE_MS: '5000',
      CLICKMASK_STREAM_FROM: '0',
      PATH: '/bin',
    });
    expect(settings).toEqual({
      model: '/models/other',
      provider: 'cpu',
      threads: 3,
      spin: true,
      reply: 'mask-bounds',
      postprocess: {
        threshold: 0.4,
        structuralIntegrity: 'off',
        largestPart: true,
        fillHoles: Number.POSITIVE_INFINITY,
        removeSpecks: 20,
        smooth: 2,
      },
      cascade: 3,
      maxPixels: 1_000_000,
      cacheMb: 64,
      deadlineMs: 5000,
      streamFrom: Number.POSITIVE_INFINITY,
    });
  });

  it('takes a segmenter elsewhere, which has a model of its own', () => {
    const remote = { CLICKMASK_REMOTE: 'http://segmenter:8080/clickmask', CLICKMASK_REMOTE_TOKEN: 't' };
    expect(readFunctionSettings(remote).remote).toEqual({ url: 'http://segmenter:8080/clickmask', token: 't' });
    expect(() => readFunctionSettings({ ...remote, CLICKMASK_ENGINE: 'http://triton:8000' })).toThrow(
      /CLICKMASK_ENGINE/,
    );
  });

  it('takes the size of holes as a share of the mask', () => {
    expect(readFunctionSettings({ CLICKMASK_FILL_HOLES: '2.5%' }).postprocess.fillHoles).toEqual({ share: 0.025 });
    expect(readFunctionSettings({ CLICKMASK_FILL_HOLES: '0' }).postprocess.fillHoles).toBe(0);
  });

  it('counts an empty variable as absent', () => {
    expect(readFunctionSettings({ CLICKMASK_SMOOTH: ' ', CLICKMASK_REPLY: '' }).reply).toBe('mask');
  });

  it.each([
    ['CLICKMASK_REPLY', 'polygon'],
    ['CLICKMASK_REPLY', 'auto'],
    ['CLICKMASK_THRESHOLD', '1.5'],
    ['CLICKMASK_THRESHOLD', 'half'],
    ['CLICKMASK_PARTS', 'some'],
    ['CLICKMASK_FILL_HOLES', '-1'],
    ['CLICKMASK_FILL_HOLES', '101%'],
    ['CLICKMASK_FILL_HOLES', '%'],
    ['CLICKMASK_SMOOTH', '1.5'],
    ['CLICKMASK_SMOOTH', '65'],
    ['CLICKMASK_PROVIDER', 'gpu'],
    ['CLICKMASK_CASCADE', 'many'],
    ['CLICKMASK_SMOTH', '2'],
  ])('refuses %s=%s and names it', (name, value) => {
    const attempt = () => readFunctionSettings({ [name]: value });
    expect(attempt).toThrow(expect.objectContaining({ code: 'bad-option' }));
    expect(attempt).toThrow(new RegExp(value === 'auto' ? 'CLICKMASK_CVAT_VERSION' : name));
  });

  it('explains every variable', () => {
    for (const meaning of Object.values(functionVariables)) expect(meaning.length).toBeGreaterThan(5);
  });
});
