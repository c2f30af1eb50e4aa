import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { createSegmenter } from '@clickmask/core/node';
import { createSegmenterHandler } from '@clickmask/core/runtime';
import { createInteractor } from '@clickmask/cvat-serverless';
import { createLabelStudioBackend } from '@clickmask/label-studio-backend';
import { chromium } from 'playwright';
import { expect, it } from 'vitest';
import { findChromium } from '../../scripts/find-browsers.mjs';

const executablePath = findChromium();
const photo = await readFile(new URL('../../examples/photos/cat.jpg', import.meta.url));
const image = photo.toString('base64');

const config =
  '<View><Image name="image" value="$image"/><BrushLabels name="mask" toName="image"><Label value="A"/></BrushLabels>' +
  '<KeyPointLabels name="click" toName="image"><Label value="A"/></KeyPointLabels></View>';
const click = {
  id: 'c',
  type: 'keypointlabels',
  from_name: 'click',
  to_name: 'image',
  original_width: 451,
  original_height: 300,
  value: { x: 50, y: 50, width: 1, keypointlabels: ['A'] },
};
const prediction = {
  tasks: [{ id: 1, data: { image: `data:image/jpeg;base64,${image}` } }],
  project: '1.1',
  label_config: config,
  params: { context: { result: [click] } },
};

async function listen(answer: RequestListener): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** The three servers around one segmenter, and how often it has been asked for anything. */
async function startServers() {
  const real = await createSegmenter({ workers: 1 });
  let asked = 0;
  const counted = <T extends (...given: never[]) => unknown>(work: T) =>
    ((...given: Parameters<T>) => {
      asked += 1;
      return work(...given);
    }) as T;
  const segmenter = {
    ...real,
    open: counted(real.open),
    segment: counted(real.segment),
    stats: real.stats,
    close: real.close,
  };
  const handle = createSegmenterHandler({ segmenter });
  const backend = createLabelStudioBackend({ segmenter });
  const interactor = createInteractor({ segmenter });
  /** As nuclio gives it to functions. */
  class Reply {
    readonly body: string | Buffer;
    readonly status: number;
    constructor(body: string | Buffer, _headers: Record<string, string>, _type: string, status: number) {
      this.body = body;
      this.status = status;
    }
  }
  const servers = await Promise.all([
    listen(async (request, response) => {
      const answer = await handle(
        new Request(`http://${request.headers.host}${request.url}`, {
          method: request.method,
          headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
          ...(request.method === 'POST' ? { body: Readable.toWeb(request) as BodyInit, duplex: 'half' } : {}),
        } as RequestInit),
      );
      response
        .writeHead(answer.status, Object.fromEntries(answer.headers))
        .end(Buffer.from(await answer.arrayBuffer()));
    }),
    listen(backend.app),
    listen(async (request, response) => {
      const { method = 'GET', headers } = request;
      const callback = (reply: unknown) => response.writeHead((reply as Reply).status).end((reply as Reply).body);
      const body = Buffer.concat((await request.toArray()) as Buffer[]);
      await interactor.handler({ callback, Response: Reply } as never, { method, headers, body } as never);
    }),
  ]);
  const [handler, labelStudio, cvat] = servers.map(({ port }) => port);
  return {
    targets: [
      { port: handler, path: '/images', body: photo.toString('latin1'), type: 'image/jpeg', read: '/info' },
      {
        port: labelStudio,
        path: '/predict',
        body: JSON.stringify(prediction),
        type: 'application/json',
        read: '/diagnostics',
      },
      {
        port: labelStudio,
        path: '/webhook',
        body: '{"action":"ANNOTATION_CREATED","task":1}',
        type: 'application/json',
        read: '/metrics',
      },
      {
        port: cvat,
        path: '/',
        body: JSON.stringify({ image, pos_points: [[200, 150]] }),
        type: 'application/json',
        read: null,
      },
    ],
    asked: () => asked,
    events: () => backend.diagnostics().requests.filter(({ status }) => status < 300).length,
    async close() {
      for (const { server } of servers) server.close().closeAllConnections();
      await backend.close();
      await interactor.close();
      await real.close();
    },
  };
}

/** All ways in which a page can post and read without being asked; runs in the page. Gives what it could read. */
async function attack({
  at,
  path,
  body,
  type,
  read,
}: {
  at: string;
  path: string;
  body: string;
  type: string;
  read: string | null;
}) {
  const bytes = Uint8Array.from(body, (letter) => letter.charCodeAt(0));
  const quiet = (work: Promise<unknown>) => work.catch(() => {});
  for (const kind of [type, 'text/plain', 'application/x-www-form-urlencoded', '']) {
    const blob = new Blob([bytes], { type: kind });
    for (const mode of ['no-cors', 'cors'] as const) {
      await quiet(
        fetch(at + path, { method: 'POST', mode, body: blob, headers: kind === '' ? {} : { 'content-type': kind } }),
      );
    }
    try {
      navigator.sendBeacon(at + path, blob);
    } catch {}
  }
  for (const enctype of ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
    const frame = document.createElement('iframe');
    frame.name = `f${Math.random()}`;
    document.body.append(frame);
    const form = Object.assign(document.createElement('form'), {
      action: at + path,
      method: 'post',
      enctype,
      target: frame.name,
    });
    const input = Object.assign(document.createElement('input'), { name: `${body.slice(0, -1)},"x":"`, value: '"}' });
    form.append(input);
    document.body.append(form);
    form.submit();
  }
  let seen = '';
  if (read !== null)
    seen = await fetch(at + read).then(
      (answer) => (answer.ok ? answer.text() : ''),
      () => '',
    );
  await new Promise((resolve) => setTimeout(resolve, 300));
  return seen;
}

it.skipIf(executablePath === null)('a page of another origin achieves nothing, in a real browser', async () => {
  const servers = await startServers();
  const page = await listen((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<body>'),
  );
  const rules = '--host-resolver-rules=MAP evil.example 127.0.0.1';
  const browser = await chromium.launch({ executablePath: executablePath as string, args: ['--no-sandbox', rules] });
  try {
    const tab = await browser.newPage();
    for (const { port, ...target } of servers.targets) {
      await tab.goto(`http://localhost:${page.port}/`);
      expect(await tab.evaluate(attack, { ...target, at: `http://127.0.0.1:${port}` })).toBe('');
      // Its own name made to point here: to the browser it is the same origin.
      await tab.goto(`http://evil.example:${port}/nothing`);
      expect(await tab.evaluate(attack, { ...target, at: '' })).toBe('');
    }
    expect([servers.asked(), servers.events()]).toEqual([0, 0]);
    // The same from the server that is meant to send it.
    for (const { port, path, body, type } of servers.targets) {
      const sent = Buffer.from(body, 'latin1');
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: sent,
      });
      expect([path, answer.status]).toEqual([path, expect.toSatisfy((status: number) => status < 300)]);
    }
    expect(servers.asked()).toBeGreaterThan(3);
  } finally {
    await browser.close();
    page.server.close().closeAllConnections();
    await servers.close();
  }
});
