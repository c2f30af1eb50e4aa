import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJournal, type JournalFields } from '../diagnostics/index.js';
import { type ReasonCode, reasons } from '../problems/index.js';
import { createAccessLog } from './access-log.js';

beforeEach(() => void vi.useFakeTimers({ now: 0 }));
afterEach(() => void vi.useRealTimers());

function setUp() {
  const journal = createJournal();
  const counted: unknown[][] = [];
  const logged: [string, Record<string, unknown>, string][] = [];
  const to = (level: string) => (fields: object, message: string) =>
    void logged.push([level, fields as Record<string, unknown>, message]);
  const log = createAccessLog({
    journal,
    metrics: { request: (...args: unknown[]) => void counted.push(args) } as never,
    logger: { info: to('info'), warn: to('warn'), error: to('error') } as never,
  });
  /** A request from its beginning to its end. */
  function request(path: string, fields: JournalFields[] = [], { status = 200, finished = true, ms = 0 } = {}) {
    const request = { path, headers: { 'content-length': '120' } } as unknown as Request;
    const response = Object.assign(new EventEmitter(), {
      statusCode: status,
      writableFinished: finished,
      getHeader: (name: string) => (name === 'content-length' ? '45' : '7'),
    });
    // The process has run for a while.
    vi.advanceTimersByTime(5000);
    log.begin(request, response as unknown as Response);
    for (const some of fields) log.note(request, some);
    vi.advanceTimersByTime(ms);
    const spent = log.spent(request);
    response.emit('close');
    return spent;
  }
  return { log, journal, counted, logged, request };
}

describe('createAccessLog', () => {
  it('tells of a click in the journal, the metrics and the log, once it is answered', () => {
    const { request, journal, counted, logged } = setUp();
    const spent = request(
      '/predict',
      [
        { kind: 'click', task: '7' },
        { task: '8', score: 0.5 },
      ],
      { ms: 1234.56 },
    );
    expect(spent).toBeCloseTo(1234.56, 5);
    const entry = {
      at: '1970-01-01T00:00:06.234Z',
      route: '/predict',
      status: 200,
      kind: 'click',
      task: '8',
      score: 0.5,
      reason: 'ok',
      requestBytes: 120,
      responseBytes: 45,
      ms: 1234.6,
    };
    expect(journal.entries()).toEqual([{ ...entry, advice: undefined }]);
    expect(counted).toEqual([['/predict', 'ok', expect.closeTo(1.23456, 5), 45]]);
    const { at: _, ...line } = entry;
    expect(logged).toStrictEqual([['info', line, '/predict ok']]);
  });

  it.each<[string, string, ReasonCode, number, { level?: string; journal: boolean }]>([
    ['a good health check', '/health', 'ok', 200, { journal: false }],
    ['a bad health check', '/health', 'internal', 500, { level: 'error', journal: false }],
    ['a click that nobody can read', '/predict', 'bad-request', 400, { level: 'warn', journal: true }],
    ['a click that is refused', '/predict', 'bad-prompt', 422, { level: 'warn', journal: true }],
    ['a defect', '/predict', 'internal', 500, { level: 'error', journal: true }],
    ['somebody without password', '/health', 'unauthorized', 401, { level: 'warn', journal: true }],
    ['a setup', '/setup', 'ok', 200, { level: 'info', journal: true }],
    ['a webhook', '/webhook', 'ok', 201, { level: 'info', journal: true }],
    ['a training', '/train', 'ok', 201, { level: 'info', journal: true }],
    ['an unknown path', '/nothing', 'not-found', 404, { level: 'warn', journal: false }],
  ])('tells of %s where it belongs', (_, path, reason, status, expected) => {
    const { request, journal, logged } = setUp();
    request(path, [{ reason }], { status });
    expect(logged.map(([level]) => level)).toEqual(expected.level === undefined ? [] : [expected.level]);
    expect(journal.entries().length).toBe(expected.journal ? 1 : 0);
    if (logged.length > 0) expect(logged[0][1].advice).toBe(reasons[reason].advice || undefined);
  });

  it('knows who left before the answer, and keeps the reason of a failure', () => {
    const { request, journal } = setUp();
    request('/predict', [], { finished: false });
    request('/predict', [{ reason: 'empty-mask' }], { finished: false });
    request('/predict', [{ reason: 'too-slow' }], { finished: false, status: 504 });
    expect(journal.entries().map(({ reason, status }) => [reason, status])).toEqual([
      ['too-slow', 504],
      ['client-gone', 499],
      ['client-gone', 499],
    ]);
  });

  it('counts paths by their route, and strange ones as others', () => {
    const { request, counted } = setUp();
    for (const path of ['/', '/Predict/', '/METRICS', '/predict/x', '/heal/th', '//', `/${'x'.repeat(99)}`])
      request(path);
    expect(counted.map(([route]) => route)).toEqual(['/', '/predict', '/metrics', 'other', 'other', '/', 'other']);
  });

  it.each([
    '/',
    '/health',
    '/ready',
    '/versions',
    '/metrics',
    '/diagnostics',
    '/predict',
    '/setup',
    '/webhook',
    '/train',
  ])('counts %s by its name', (path) => {
    const { request, counted } = setUp();
    request(path);
    expect(counted[0][0]).toBe(path);
  });

  it('keeps only the beginning of what strangers write', () => {
    const { request, journal } = setUp();
    const long = 'x'.repeat(1000);
    request('/webhook', [{ message: long, remarks: Array(50).fill(long), positive: 3 }]);
    const [entry] = journal.entries();
    expect([entry.message?.length, entry.remarks?.length, entry.remarks?.[9].length]).toEqual([300, 10, 300]);
    expect(entry.positive).toBe(3);
  });

  it('counts no bytes where no length is known, and takes no note of an unknown request', () => {
    const { log, journal } = setUp();
    const request = { path: '/setup', headers: {} } as unknown as Request;
    log.note(request, { task: '1' });
    expect(log.spent(request)).toBeCloseTo(0, 0);
    const response = Object.assign(new EventEmitter(), {
      statusCode: 200,
      writableFinished: true,
      getHeader: () => undefined,
    });
    log.begin(request, response as unknown as Response);
    response.emit('close');
    expect(journal.entries()).toMatchObject([{ requestBytes: 0, responseBytes: 0 }]);
    expect(journal.entries()[0]).not.toHaveProperty('task');
  });
});
