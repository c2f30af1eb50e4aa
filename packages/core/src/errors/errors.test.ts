import { expect, it, describe as suite } from 'vitest';
import {
  ClickmaskError,
  describe,
  expectInteger,
  expectNumber,
  isClickmaskError,
  isListOf,
  unexpected,
  withoutSecrets,
} from './index.js';

suite('ClickmaskError', () => {
  it('carries code, details and cause', () => {
    const cause = new Error('below');
    const error = new ClickmaskError('bad-image', 'Broken.', { details: { width: 3 }, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'ClickmaskError', code: 'bad-image', details: { width: 3 }, cause });
    expect(String(error)).toBe('ClickmaskError: Broken.');
  });

  it('has no cause and empty details where none are given', () => {
    const error = new ClickmaskError('closed', 'Closed.');
    expect('cause' in error).toBe(false);
    expect(error.details).toEqual({});
  });
});

suite('isClickmaskError', () => {
  it('tells by name and code, also across two copies of the package', () => {
    const error = new ClickmaskError('closed', 'Closed.');
    const other = Object.assign(new Error('Closed.'), { name: 'ClickmaskError', code: 'closed' });
    for (const value of [error, other]) {
      expect(isClickmaskError(value)).toBe(true);
      expect(isClickmaskError(value, 'closed')).toBe(true);
      expect(isClickmaskError(value, 'aborted')).toBe(false);
    }
  });

  it('is false for everything else', () => {
    const lookalike = { name: 'ClickmaskError', code: 'closed' };
    const values = [
      undefined,
      null,
      'closed',
      7,
      lookalike,
      new Error('x'),
      Object.assign(new Error('x'), { code: 'closed' }),
    ];
    for (const value of values) expect(isClickmaskError(value)).toBe(false);
  });
});

suite('isListOf', () => {
  const isText = (value: unknown) => typeof value === 'string';
  it.each<[unknown, boolean]>([
    [[], true],
    [['a', 'b'], true],
    [['a', 5], false],
    [new Array(1), false],
    [Object.assign([], { 1: 'b' }), false],
    ['a', false],
    [{ length: 0 }, false],
    [undefined, false],
  ])('%j: %s', (value, fits) => {
    expect(isListOf(value, isText)).toBe(fits);
  });
});

suite('describe', () => {
  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [Number.NaN, 'NaN'],
    [-0.5, '-0.5'],
    [true, 'true'],
    [12n, '12'],
    ['a "b"', '"a \\"b\\""'],
    ['x'.repeat(90), `"${'x'.repeat(77)}..."`],
    [[1, 2, 3], 'an array of 3'],
    [new Float32Array(2), 'Float32Array of 8 bytes'],
    [{}, 'an object (Object)'],
    [new Map(), 'an object (Map)'],
    [Object.create(null), 'an object (no class)'],
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
  ])('renders %o', (value, text) => {
    expect(describe(value)).toBe(text);
  });

  it('never throws itself', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(describe(proxy)).toBe('an object that cannot be read');
  });

  it('stays short whatever comes', () => {
    class Named {}
    Object.defineProperty(Named, 'name', { value: 'N'.repeat(1000) });
    for (const value of [
      new Named(),
      { constructor: null },
      { constructor: { name: 'M'.repeat(1000) } },
      'y'.repeat(1e6),
    ]) {
      expect(describe(value).length).toBeLessThan(120);
    }
  });
});

suite('unexpected', () => {
  it('says what was expected, what came, and what to do', () => {
    const error = unexpected('bad-option', 'threads', 'a whole number', 'many', 'Leave it out.');
    expect(error.message).toBe('Expected a whole number for threads but received "many". Leave it out.');
    expect(error.details).toEqual({ name: 'threads', expected: 'a whole number' });
  });
});

suite('expectInteger and expectNumber', () => {
  it('accept what lies within the bounds, bounds included', () => {
    for (const value of [1, 2, 3]) expectInteger('bad-option', 'n', value, 1, 3);
    for (const value of [-1.5, 0, 1.5]) expectNumber('bad-option', 'n', value, -1.5, 1.5);
    expectNumber('bad-option', 'n', -1e300);
  });

  it.each([0, 4, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2', null, undefined, 2n, [2]])('refuse %o', (value) => {
    expect(() => expectInteger('bad-option', 'n', value, 1, 3)).toThrow(
      /^Expected a whole number from 1 to 3 for n but/,
    );
    if (value !== 1.5) {
      expect(() => expectNumber('bad-click', 'n', value, 1, 3)).toThrow(expect.objectContaining({ code: 'bad-click' }));
    }
  });

  it('name only bounds that mean something', () => {
    expect(() => expectInteger('bad-option', 'n', -1)).toThrow(
      'Expected a whole number of at least 0 for n but received -1.',
    );
    expect(() => expectNumber('bad-option', 'n', 'x')).toThrow('Expected a finite number for n');
    expect(() => expectNumber('bad-option', 'n', 0, Number.MIN_VALUE)).toThrow(
      'Expected a finite number above 0 for n',
    );
    expect(() => expectNumber('bad-option', 'n', 5, -Number.MAX_VALUE, 2)).toThrow(
      'a finite number of at most 2 for n',
    );
  });
});

suite('an address in a message', () => {
  it.each([
    ['http://me:s3cr3t@host:9/a?key=s3cr3t#s3cr3t', 'http://…@host:9/a'],
    ['http://me:s3#cr3t/?@s3cr3t@host/a', 'http://…@host/a'],
    ['me:s3cr3t@host/a', '…@host/a'],
    ['http:\\\\me:s3cr3t@host', 'http:\\\\…@host'],
    ['//s3cr3t@host', '…@host'],
    ['http://host/a?token=s3cr3t', 'http://host/a'],
  ])('is told without what may be a secret: %s', (address, shown) => {
    expect(withoutSecrets(address)).toBe(shown);
  });

  it('is told without user, password and query where it is parsed', () => {
    expect(withoutSecrets(new URL('http://me:pass@host:8080/a@b/?key=s3cr3t'))).toBe('http://host:8080/a@b/');
  });
});
