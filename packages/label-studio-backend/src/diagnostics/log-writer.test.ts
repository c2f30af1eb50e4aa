import { expect, it } from 'vitest';
import { createLogWriter } from './log-writer.js';

it('drops lines where they cannot be written, and says so when they can', () => {
  let isFull = false;
  const lines: string[] = [];
  const log = createLogWriter((line) => {
    if (isFull) throw new Error('ENOSPC');
    lines.push(line);
  });
  log('one\n');
  isFull = true;
  for (const line of ['two\n', 'three\n']) log(line);
  isFull = false;
  log('four\n');
  log('five\n');
  expect(lines[0]).toBe('one\n');
  const [told, four] = lines[1].split('\n');
  expect(JSON.parse(told)).toMatchObject({ level: 'warn', message: 'lines of the log were dropped', dropped: 2 });
  expect([four, lines[2], lines.length]).toEqual(['four', 'five\n', 3]);
});
