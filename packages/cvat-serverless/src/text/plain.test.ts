import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { errorText, plainText } from './plain.js';

it('leaves nothing that a terminal would obey, and stays short', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 500 }), fc.integer({ min: 1, max: 50 }), (text, length) => {
      const shown = plainText(text, length);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(shown.length).toBeLessThanOrEqual(length + 3);
    }),
  );
  expect(plainText('\u001b]0;title\u0007red\u001b[31m\r\nover')).toBe(']0;title red [31m over');
  expect(plainText('ordinary text: ä, 猫')).toBe('ordinary text: ä, 猫');
  expect(plainText('x'.repeat(1e6)).length).toBe(303);
});

it('tells what any caught value says', () => {
  expect(errorText(new Error('no'))).toBe('no');
  expect(errorText('no')).toBe('no');
});
