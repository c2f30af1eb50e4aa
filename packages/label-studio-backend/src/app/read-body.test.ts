import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toProblem } from '../problems/index.js';
import { isRecord } from '../prompts/index.js';
import { readBodies } from './read-body.js';

let server: Server;
let sockets: Socket[];

beforeEach(() => {
  sockets = [];
});

afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const limits = { bodyBytes: 1e6, bodyBytesInFlight: 2e6, bodiesPerAddress: 4, bodyBytesPerSecond: 1000 };

/** @param now - the clock by which bodies are slow */
async function start(over: Partial<typeof limits> = {}, now?: () => number) {
  const app = express();
  app.post('/', readBodies({ ...limits, ...over }, now), (request, response) => {
    response.json({ size: isRecord(request.body) ? String(request.body.text ?? '').length : -1 });
  });
  const answer: express.ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(500).json(toProblem(error).reason);
  };
  app.use(answer);
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const post = async (port: number, text: string, headers: Record<string, string> = {}) => {
  const body = JSON.stringify({ text });
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body, headers });
  return response.json();
};

/** Announces a body and sends only its beginning. */
function stall(port: number, announced: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let said = '';
  socket.on('data', (part) => (said += part.toString()));
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${announced}\r\n\r\n{`);
  return new Promise((resolve) => {
    socket.on('error', () => resolve(said));
    socket.on('close', () => resolve(said));
    socket.on('data', () => said.includes('"') && resolve(said));
  });
}

describe('readBodies', () => {
  it('reads JSON, in whatever pieces it comes', async () => {
    const port = await start();
    expect(await post(port, 'x'.repeat(300_000))).toEqual({ size: 300_000 });
    expect(await post(port, 'äöü€')).toEqual({ size: 4 });
  });

  it('refuses what is too large, compressed or no JSON', async () => {
    const port = await start();
    expect(await post(port, 'x'.repeat(1_100_000))).toBe('body-too-large');
    expect(await post(port, 'x', { 'content-encoding': 'gzip' })).toBe('bad-request');
    const broken = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"a":' });
    expect(await broken.json()).toBe('bad-request');
  });

  it('is not held by senders that announce much and send nothing, of which the slowest gives way', async () => {
    const port = await start({ bodyBytesInFlight: 1000 });
    const stalled = Array.from({ length: 6 }, () => stall(port, 900_000));
    expect(await Promise.race(stalled)).toContain('body-too-slow');
    expect(await post(port, 'x'.repeat(500))).toEqual({ size: 500 });
  });

  it('gives up what comes too slowly', async () => {
    let time = 0;
    const port = await start({}, () => time);
    const stalled = stall(port, 900_000);
    await vi.waitFor(async () =>
      expect(await new Promise((resolve) => server.getConnections((_, n) => resolve(n)))).toBe(1),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    time = 6000;
    expect(await stalled).toContain('body-too-slow');
  });

  it('counts what has come, and lets one pass that is larger than the budget', async () => {
    const port = await start({ bodyBytesInFlight: 1000 });
    expect(await post(port, 'x'.repeat(5000))).toEqual({ size: 5000 });
    expect(await post(port, 'x'.repeat(5000))).toEqual({ size: 5000 });
  });
});
