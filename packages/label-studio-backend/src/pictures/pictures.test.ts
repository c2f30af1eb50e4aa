import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDiskCache, createHostPolicy, locatePicture, servesFiles } from './index.js';

describe('createHostPolicy', () => {
  const policy = createHostPolicy({
    labelStudio: new URL('http://10.0.0.5:8080/prefix'),
    hosts: ['images.example.com', '*.cdn.example.com', 'other.example.com:8443'],
    privateHosts: ['minio:9000'],
  });
  const check = (url: string, fromPresign = false) => {
    try {
      return policy.check(new URL(url), fromPresign);
    } catch (error) {
      return (error as { reason: string }).reason;
    }
  };

  it('knows Label Studio by its origin, and hosts by name and port', () => {
    expect(check('http://10.0.0.5:8080/data/upload/1/a.png')).toEqual({ privateAllowed: true });
    expect(check('http://10.0.0.5:8081/')).toBe('host-refused');
    expect(check('https://10.0.0.5:8080/')).toBe('host-refused');
    expect(check('http://minio:9000/a')).toEqual({ privateAllowed: true });
    expect(check('http://minio:9001/a')).toBe('host-refused');
    expect(check('https://images.example.com/a')).toEqual({ privateAllowed: false });
    expect(check('https://IMAGES.example.com./a')).toEqual({ privateAllowed: false });
    expect(check('https://a.b.cdn.example.com/a')).toEqual({ privateAllowed: false });
    expect(check('https://cdn.example.com/a')).toBe('host-refused');
    expect(check('https://evilcdn.example.com/a')).toBe('host-refused');
    expect(check('https://other.example.com/a')).toBe('host-refused');
    expect(check('https://other.example.com:8443/a')).toEqual({ privateAllowed: false });
    expect(check('ftp://images.example.com/a')).toBe('picture-url-unsupported');
  });

  it('takes the cloud storages only where Label Studio itself sends one there', () => {
    const url = 'https://bucket.s3.eu-west-1.amazonaws.com/a?X-Amz-Signature=1';
    expect(check(url)).toBe('host-refused');
    expect(check(url, true)).toEqual({ privateAllowed: false });
    expect(check('https://amazonaws.com.example.net/', true)).toBe('host-refused');
  });
});

describe('locatePicture', () => {
  const labelStudio = new URL('https://labels.example.com/ls');
  const options = { labelStudio, aliases: ['http://old.example.com'], localFiles: true };
  const urlOf = (value: string) => {
    const place = locatePicture(value, { project: '1', task: '7' }, options);
    return place.kind === 'url' ? place.url.href : place;
  };
  const upload = 'https://labels.example.com/ls/storage-data/uploaded/?filepath=upload%2F1%2Fa%20b.png';

  it.each([
    ['/data/upload/1/a%20b.png', upload],
    ['upload/1/a%20b.png', upload],
    ['/ls/data/upload/1/a%20b.png', upload],
    ['https://labels.example.com/ls/data/upload/1/a%20b.png', upload],
    ['http://localhost:8080/data/upload/1/a%20b.png', upload],
    ['http://127.0.0.1/data/upload/1/a%20b.png', upload],
    ['http://old.example.com/data/upload/1/a%20b.png', upload],
    ['http://localhost:8080/other.png', 'http://localhost:8080/other.png'],
    ['https://images.example.com/a.png', 'https://images.example.com/a.png'],
    ['/data/upload/1/a b.png', upload],
    ['/data/upload/1/50% of 60%25.png', upload.replace('a%20b', '50%25%20of%2060%25')],
    ['/data/upload/1/gro%C3%9Fe Tasse+(猫).png', upload.replace('a%20b', 'gro%C3%9Fe%20Tasse%2B(%E7%8C%AB)')],
    [
      's3://b/k',
      `https://labels.example.com/ls/tasks/7/presign/?fileuri=${Buffer.from('s3://b/k').toString('base64url')}`,
    ],
  ])('finds %s', (value, expected) => {
    expect(urlOf(value)).toBe(expected);
  });

  it.each([
    's3+custom://AKIAUSER:se/cr+et@bucket/key.png',
    'ftp://user:secret@host/a.png',
    '//user:secret@host/a.png',
    'AKIAUSER:secret@bucket/../../key',
    'http://user:secret@[bad/a.png',
    '/data/upload/1/../../../?token=secret',
    `s3://user:secret@${'b'.repeat(9000)}`,
  ])('tells nothing of an address that it refuses: %s', (value) => {
    for (const task of ['7', '']) {
      try {
        locatePicture(value, { project: '1', task }, options);
      } catch (error) {
        const { message, reason } = error as { message: string; reason: string };
        expect(reason).toBe('picture-url-unsupported');
        expect(message).not.toMatch(/secret|se\/cr|user|AKIA/i);
      }
    }
  });

  it('finds local files', () => {
    expect(urlOf('/data/local-files/?d=a/b.png')).toMatchObject({ kind: 'local-file', path: 'a/b.png' });
  });

  it.each(['s3://b/k', '/data/upload/1/a.png', '/data/local-files/?d=a.png', '/other/a.png'])(
    'names %s in caches by the Label Studio and the project, or else the task',
    (value) => {
      const key = (address: string, project: string, task: string) => {
        const place = locatePicture(value, { project, task }, { ...options, labelStudio: new URL(address) });
        return place.kind === 'data' ? '' : place.cacheKey;
      };
      const one = key('http://a.example.com', '1', '7');
      expect(key('http://a.example.com/', '1', '8')).toBe(one);
      const others = [
        key('http://a.example.com', '2', '7'),
        key('http://a.example.com/prefix', '1', '7'),
        key('http://b.example.com', '1', '7'),
        key('http://a.example.com', '', '7'),
        key('http://a.example.com', '', '8'),
        key('http://a.example.com', '', '1'),
      ];
      expect(new Set([one, ...others]).size).toBe(1 + others.length);
    },
  );

  it('never leaves the origin of Label Studio for a path, nor takes the token to other routes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (tail) => {
        try {
          const place = locatePicture(`/${tail}`, { project: '1', task: '7' }, options);
          if (place.kind === 'url') expect(place.url.origin).toBe(labelStudio.origin);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ClickmaskError' });
        }
      }),
    );
    expect(servesFiles(new URL('https://labels.example.com/ls/api/users'), labelStudio)).toBe(false);
    expect(servesFiles(new URL('https://labels.example.com/ls/data/upload/../../api/users'), labelStudio)).toBe(false);
    expect(servesFiles(new URL('https://labels.example.com/ls/data/upload/1/a.png'), labelStudio)).toBe(true);
    expect(servesFiles(new URL('https://elsewhere.example.com/ls/data/upload/1/a.png'), labelStudio)).toBe(false);
  });
});

describe('a Label Studio under a path prefix', () => {
  const labelStudio = new URL('http://10.0.0.5:8080/prefix');
  const options = { labelStudio, aliases: [], localFiles: false };
  const owner = { project: '1', task: '7' };

  it.each([
    '/../data/upload/1/a.png',
    '/%2e%2e/data/upload/1/a.png',
    '/data/upload/..%2f..%2f..%2fdata/upload/1/a.png',
    '/data/upload/%252e%252e%255c..%252fapi',
    '/data/upload/..%2f..%2f..%2fapi%zz',
    '/data/upload/%ff%2e%2e%2f%2e%2e%2f..%2fapi',
    '/data/upload/%ff/..%2f..%2f..%2fapi',
    '/data/upload/%zz/..%2f..%2f..%2fdata/upload/1/a.png',
    '/data/upload/%c0%ae%c0%ae/%c0%ae%c0%ae%c0%afapi',
    '/data/upload/..;/..;x=1/..%3b/api',
    '/data/upload/..%00/..%20/.%C2%AD./api',
    '/data/upload/．．／．．/%EF%BC%8E%EF%BC%8E/api',
    `/data/upload/%${'25'.repeat(1000)}2e%2e/api`,
  ])('sends no token outside of it: %s', (value) => {
    expect(servesFiles(new URL(`http://10.0.0.5:8080/prefix${value}`), labelStudio)).toBe(false);
    let place: unknown;
    try {
      place = locatePicture(value, owner, options);
    } catch (error) {
      expect(error).toMatchObject({ reason: 'picture-url-unsupported' });
      return;
    }
    expect((place as { url: URL }).url.pathname).toMatch(/^\/prefix\//);
  });

  it('sends no token to a path that any way of reading leads out of it', () => {
    const pieces = [
      '..',
      '.',
      '/',
      '\\',
      ';',
      '%2e',
      '%2E',
      '%2f',
      '%5C',
      '%3b',
      '%25',
      '%252e',
      '%zz',
      '%ff',
      '%',
      'a',
      'ä',
    ];
    /** As lax servers read: one escape after the other, what is wrong left as it is. */
    const read = (path: string): string => {
      const text = path.replace(/%[0-9a-f]{2}/gi, (one) => String.fromCharCode(Number.parseInt(one.slice(1), 16)));
      return text === path ? text : read(text);
    };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (some) => {
        const url = new URL(`http://10.0.0.5:8080/prefix/data/upload/${some.join('')}`);
        const parts = read(url.pathname).replaceAll('\\', '/').split('/');
        const climbs = parts.some((part) => part.split(';')[0] === '..');
        if (climbs) expect(servesFiles(url, labelStudio)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('names no password where it refuses an address', () => {
    for (const value of ['ftp://me:s3cr3t@host/a.png', 'http://me:s3cr3t@[bad/a.png', '\\\\me:s3cr3t@host\\a']) {
      expect(() => locatePicture(value, owner, options)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('s3cr3t') }),
      );
    }
  });

  it('takes local files with and without the slash', () => {
    for (const value of ['/data/local-files/?d=a.png', '/data/local-files?d=a.png']) {
      const place = locatePicture(value, owner, options) as { url: URL };
      expect(place.url.href).toBe(`http://10.0.0.5:8080/prefix${value}`);
      expect(servesFiles(place.url, labelStudio)).toBe(true);
      expect(locatePicture(value, owner, { ...options, localFiles: true })).toMatchObject({ path: 'a.png' });
    }
  });
});

describe('createDiskCache', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'clickmask-cache-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const bytes = (length: number, fill = 1) => new Uint8Array(length).fill(fill);

  it('works beside strange files and folders, and again when what was in its way is gone', async () => {
    await mkdir(join(folder, `${'a'.repeat(64)}.picture`));
    await symlink('nowhere', join(folder, `${'b'.repeat(64)}.picture`));
    await symlink('nowhere', join(folder, 'c.part'));
    const cache = createDiskCache({ folder });
    await cache.write('key', bytes(10));
    expect(await cache.read('key')).toHaveLength(10);
    expect(cache.bytes()).toBe(10);

    const below = join(folder, 'below');
    await writeFile(below, '');
    const blocked = createDiskCache({ folder: below });
    await blocked.write('key', bytes(10));
    expect(await blocked.read('key')).toBeUndefined();
    await rm(below);
    await blocked.write('key', bytes(10));
    expect(await blocked.read('key')).toHaveLength(10);
  });

  it('keeps bytes across restarts, and leaves no half files', async () => {
    await createDiskCache({ folder }).write('a', bytes(10));
    await Promise.all(Array.from({ length: 10 }, (_, i) => createDiskCache({ folder }).write('b', bytes(1000, i))));
    const again = createDiskCache({ folder });
    expect([...((await again.read('a')) ?? [])]).toEqual([...bytes(10)]);
    const b = (await again.read('b')) ?? bytes(0);
    expect(b.length).toBe(1000);
    expect(new Set(b).size).toBe(1);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('drops the least lately used beyond its bytes', async () => {
    const cache = createDiskCache({ folder, maxBytes: 25 });
    await cache.write('a', bytes(10));
    await cache.write('b', bytes(10));
    await cache.read('a');
    await cache.write('c', bytes(10));
    expect(await cache.read('b')).toBeUndefined();
    expect(await cache.read('a')).toBeDefined();
    expect(cache.bytes()).toBe(20);
    await cache.write('huge', bytes(26));
    expect(await cache.read('huge')).toBeUndefined();
  });

  it('expires, and does not mind a folder that it cannot use', async () => {
    let now = Date.now();
    const cache = createDiskCache({ folder, maxAgeMs: 1000, now: () => now });
    await cache.write('a', bytes(10));
    expect(await cache.read('a')).toBeDefined();
    now += 2000;
    expect(await cache.read('a')).toBeUndefined();
    await writeFile(join(folder, 'file'), '');
    const none = createDiskCache({ folder: join(folder, 'file', 'below') });
    await none.write('a', bytes(1));
    expect(await none.read('a')).toBeUndefined();
  });

  it('removes what a killed process left half written', async () => {
    const part = join(folder, 'left.part');
    await writeFile(part, 'x');
    await utimes(part, 1, 1);
    await createDiskCache({ folder }).read('a');
    expect(await readdir(folder)).toEqual([]);
  });
});
