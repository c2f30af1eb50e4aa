import { describe, expect, it } from 'vitest';
import { cvatRelease, cvatReleases, isFrom, releaseRows, replyFormatFor } from './index.js';

describe('replyFormatFor', () => {
  it.each([
    ['2.2.0', 'mask'],
    ['2.4.4', 'mask'],
    ['2.6.9', 'mask'],
    ['2.7.0', 'mask-bounds'],
    ['2.16.2', 'mask-bounds'],
    ['2.54.1-alpha', 'mask-bounds'],
    ['2.55.0', 'mask-bounds'],
    ['2.59.1', 'mask-bounds'],
    ['2.60.0', 'shapes'],
    ['2.69.0', 'shapes'],
    ['2.80.0', 'shapes'],
    ['v2.80', 'shapes'],
    ['3.0.0', 'shapes'],
    ['develop', 'mask'],
    ['', 'mask'],
  ])('%s: %s', (version, format) => {
    expect(replyFormatFor(version)).toBe(format);
  });
});

describe('cvatRelease', () => {
  it.each([
    ['2.3.0', '1.8.14'],
    ['2.5', '1.8.14'],
    ['2.6.0', '1.11.24'],
    ['2.12.1', '1.11.24'],
    ['2.13.0', '1.13.0'],
    ['2.51.9', '1.13.0'],
    ['2.52.0', '1.15.9'],
    ['2.68.0', '1.15.9'],
    ['2.69.0', '1.16.3'],
    ['2.80.0', '1.16.3'],
  ])('%s brings nuclio %s', (version, nuclio) => {
    expect(cvatRelease(version)?.nuclio).toBe(nuclio);
  });

  it.each(['2.2.9', '1.7.0', 'develop', '', '2'])('knows no release %j', (version) => {
    expect(cvatRelease(version)).toBeNull();
  });

  it('has the newest first, and every release reads full masks', () => {
    for (const [i, { from, replies }] of cvatReleases.entries()) {
      expect(replies[0]).toBe('mask');
      if (i > 0) expect(isFrom(cvatReleases[i - 1].from, from)).toBe(true);
    }
  });

  it('names ranges without gaps', () => {
    expect(releaseRows().map(([range]) => range)).toEqual([
      '2.69 and later',
      '2.60 to 2.68',
      '2.52 to 2.59',
      '2.13 to 2.51',
      '2.7 to 2.12',
      '2.6',
      '2.3 to 2.5',
    ]);
  });
});

describe('isFrom', () => {
  it('compares number by number', () => {
    expect(isFrom('2.16.3', '2.16.3')).toBe(true);
    expect(isFrom('2.16.2', '2.16.3')).toBe(false);
    expect(isFrom('2.17', '2.16.3')).toBe(true);
    expect(isFrom('10.0', '2.16.3')).toBe(true);
    expect(isFrom('1.99.99', '2.16.3')).toBe(false);
    expect(isFrom('develop', '2.3')).toBe(false);
  });
});
