import fc from 'fast-check';
import { expect, it } from 'vitest';
import { showable } from './showable.js';

it('leaves nothing that a terminal would obey, and JSON as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(showable(text)).not.toMatch(/(?![\t\n\r])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
      expect(JSON.parse(showable(JSON.stringify({ [text]: text })))).toEqual({ [text]: text });
    }),
  );
  expect(showable('\u001b]0;title\u0007red\u001b[31m\r\nover\rwritten\u009b2J\u202etxt')).toBe(
    '\\u001b]0;title\\u0007red\\u001b[31m\r\nover\\u000dwritten\\u009b2J\\u202etxt',
  );
  expect(showable('ä, 猫, می‌خواهم, 👩‍🔬\n\tnext')).toBe('ä, 猫, می‌خواهم, 👩‍🔬\n\tnext');
});
