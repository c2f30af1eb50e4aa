import { expect, test } from 'vitest';
import { fakeParts } from '../../test/fake-parts.js';
import { createConfiguration } from './configuration.js';

test.each([
  ['en_US', 'en-US', 'Undo', '50%'],
  ['de_AT', 'de-AT', 'Rückgängig', '50 %'],
  ['DE', 'de', 'Rückgängig', '50 %'],
  ['zh_Hans_CN', 'zh-Hans-CN', '撤销', '50%'],
  ['no language', 'en', 'Undo', '50%'],
  ['', 'en', 'Undo', '50%'],
])('the language tag "%s" is taken as %s', (tag, locale, undo, half) => {
  const { parts } = fakeParts();
  const atFirst = createConfiguration({ segmenter: async () => undefined as never, locale: tag }, parts);
  const later = createConfiguration({ segmenter: async () => undefined as never, locale: 'fr' }, parts);
  later.locale = tag;
  for (const config of [atFirst, later]) {
    expect([config.locale, config.texts.undo, config.percent(0.5).replace(/\s/g, ' ')]).toEqual([locale, undo, half]);
  }
});
