import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { runBundle } from '@clickmask/cvat-serverless';
import { parse } from 'yaml';

export interface NuclioDashboard {
  /** The function's id. */
  readonly id: string;
  close(): Promise<void>;
}

/**
 * Stands in for nuclio's dashboard, where CVAT looks for it: lists the function of a folder, and passes calls to it. The
 * function runs as `clickmask-cvat serve` runs it.
 */
export async function startDashboard(folder: string, port: number): Promise<NuclioDashboard> {
  const { metadata, spec } = parse(await readFile(join(folder, 'function.yaml'), 'utf8')) as {
    metadata: { name: string };
    spec: object;
  };
  const running = await runBundle(folder);
  const listed = { metadata, spec, status: { state: 'ready', httpPort: Number(new URL(running.url).port) } };
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string | Uint8Array): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text);
    };
    const path = request.url ?? '/';
    if (request.method === 'GET' && path === '/api/functions')
      return answer(200, JSON.stringify({ [metadata.name]: listed }));
    if (request.method === 'GET' && path === `/api/functions/${metadata.name}`)
      return answer(200, JSON.stringify(listed));
    if (request.method !== 'POST' || path !== '/api/function_invocations') return answer(404, '{}');
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const reply = await fetch(running.url, { method: 'POST', headers, body: Buffer.concat(chunks) });
    answer(reply.status, Buffer.from(await reply.arrayBuffer()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return {
    id: metadata.name,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await running.close();
    },
  };
}
