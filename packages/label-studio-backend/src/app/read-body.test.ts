import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toProblem } from '../problems/index.js';
import { isRecord } from '../prompts/index.js';
import { readBodies } from './read-body.js';

let server: Server;
let sockets: Socket[];
/** Bodies that were read, and reasons why others were not. */
let arrived: number;
let failures: string[];

beforeEach(() => {
  sockets = [];
  arrived = 0;
  failures = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const limits = { bodyBytes: 1e6, bodyBytesInFlight: 2e6, bodiesPerAddress: 4, bodyBytesPerSecond: 1000 };

async function start(over: Partial<typeof limits> = {}, answering?: Promise<void>) {
  const app = express();
  app.post('/', readBodies({ ...limits, ...over }), async (request, response) => {
    arrived += 1;
    await answering;
    response.json({ size: isRecord(request.body) ? String(request.body.text ?? '').length : -1 });
  });
  const answer: express.ErrorRequestHandler = (error, _request, response, _next) => {
    failures.push(toProblem(error).reason);
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
function stall(port: number, announced: number, sent = 1): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  let said = '';
  socket.on('data', (part) => (said += part.toString()));
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${announced}\r\n\r\n${'{'.repeat(sent)}`);
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

  it('is held neither by senders that announce much and send nothing, nor by those that sent much and stop', async () => {
    const port = await start();
    const stalled = [1, 1, 1, 900_000, 900_000, 900_000].map((size) => stall(port, 950_000, size));
    // Two of the same address already have more than half of the budget.
    expect(await Promise.race(stalled)).toMatch(/body-too-slow|busy/);
    expect(await post(port, 'x'.repeat(500))).toEqual({ size: 500 });
  });

  it('counts what has come, and lets one pass that is larger than the budget', async () => {
    const port = await start({ bodyBytesInFlight: 1000 });
    expect(await post(port, 'x'.repeat(5000))).toEqual({ size: 5000 });
    expect(await post(port, 'x'.repeat(5000))).toEqual({ size: 5000 });
  });

  it('says that it is busy to what finds no room, and closes the connection', async () => {
    const port = await start();
    const said = await Promise.race([stall(port, 950_000, 900_000), stall(port, 950_000, 900_000)]);
    expect(said).toMatch(/"busy"$/);
    expect(said).toMatch(/^connection: close\r$/im);
  });

  it('says that it is too slow to the slowest of too many bodies', async () => {
    const port = await start({ bodiesPerAddress: 1 });
    const first = stall(port, 1000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await post(port, 'x')).toEqual({ size: 1 });
    expect(await first).toMatch(/"body-too-slow"$/);
  });

  it('refuses what announces too much before it comes', async () => {
    const port = await start();
    expect(await stall(port, 1_000_001)).toMatch(/"body-too-large"$/);
  });

  it('takes no body for an empty one', async () => {
    const port = await start();
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' });
    expect(await response.json()).toEqual({ size: 0 });
  });

  it('counts a body until its answer is sent, and no longer', async () => {
    let answerAll = () => {};
    const wait = new Promise<void>((resolve) => {
      answerAll = resolve;
    });
    const port = await start({ bodyBytesInFlight: 0, bodyBytes: 1000 }, wait);
    const first = post(port, 'x'.repeat(900));
    await expect.poll(() => arrived).toBe(1);
    expect(await post(port, 'x'.repeat(900))).toBe('busy');
    answerAll();
    expect(await first).toEqual({ size: 900 });
    expect(await post(port, 'x'.repeat(900))).toEqual({ size: 900 });
  });

  it('knows a client that left, and gives its room back', async () => {
    const port = await start({ bodyBytesInFlight: 0, bodyBytes: 1000 });
    void stall(port, 950, 900);
    await new Promise((resolve) => setTimeout(resolve, 50));
    sockets[0].destroy();
    await expect.poll(() => failures).toEqual(['client-gone']);
    expect(await post(port, 'x'.repeat(900))).toEqual({ size: 900 });
  });
});
