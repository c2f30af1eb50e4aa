import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { codeOf } from '../../../test/support/fake-model.js';
import { webModelFiles } from './model-source.js';

it('believes no announced length, and reads no more of a manifest than one can have', async () => {
  let announced: string | undefined;
  const server = createServer((_, response) => {
    response.writeHead(200, announced === undefined ? {} : { 'content-length': announced });
    if (announced === undefined) response.end(Buffer.alloc(3e6, ' '));
    else response.write('{', () => response.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const read = () =>
    codeOf(webModelFiles({ kind: 'folder', address: `http://127.0.0.1:${port}/model/` }).read('model.json'));
  for (announced of ['9000000000000', '99999999999999999999', '4294967297'])
    expect(await read()).toBe('model-not-found');
  announced = undefined;
  expect(await read()).toBe('bad-model');
  server.close();
});
