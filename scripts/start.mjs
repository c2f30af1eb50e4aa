// `npm start`: installs what is missing, builds, and opens the widget on sample images at a local address.
import { parseArgs } from 'node:util';
import { prepare } from './prepare.mjs';

const { values } = parseArgs({
  options: { port: { type: 'string' }, host: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});
if (values.help === true) {
  console.log('Usage: npm start -- [--port 8080] [--host 127.0.0.1]');
  process.exit(0);
}
prepare();
const { serveExamples } = await import('../examples/serve.mjs');
const server = await serveExamples({
  port: values.port === undefined ? undefined : Number(values.port),
  host: values.host,
});
console.log(`\nClickmask is ready: ${server.url}\nOpen it in a browser and click on an image. Ctrl+C stops it.`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close());
