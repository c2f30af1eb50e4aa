// Core's handler in a plain Node server, as a user would mount it. Usage: node handler-server.mjs [PORT]
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { createSegmenter } from '@clickmask/core/node';
import { createSegmenterHandler } from '@clickmask/core/runtime';

const segmenter = await createSegmenter({ limits: { maxPixels: 16e6 } });
const handle = createSegmenterHandler({ segmenter, maxBytes: 8e6, maxBytesUnderWay: 32e6, maxImageBytes: 32e6 });
const server = createServer(async (request, response) => {
  try {
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await handle(
      new Request(`http://localhost${request.url}`, {
        method: request.method,
        headers: Object.entries(request.headers).flatMap(([name, value]) => [[name, String(value)]]),
        signal: gone.signal,
        ...(hasBody ? { body: Readable.toWeb(request), duplex: 'half' } : {}),
      }),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  } catch {
    if (!response.headersSent) response.writeHead(400);
    response.end();
  }
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () =>
  process.send?.(`http://127.0.0.1:${server.address().port}`),
);
process.once('SIGTERM', async () => {
  server.close();
  server.closeAllConnections();
  await segmenter.close();
  if (process.connected) process.disconnect();
});
