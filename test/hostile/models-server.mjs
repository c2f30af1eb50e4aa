// Loads the models of the given folders, one after another, and prints each result.

import { families, loadModel } from '@clickmask/core/models';
import { createOnnxNodeBackend, folderFiles } from '@clickmask/core/node';

const backend = await createOnnxNodeBackend();
process.on('message', async (folder) => {
  try {
    const handle = await loadModel(folderFiles(folder), { backend, families, providers: ['cpu'], threads: 1 });
    await handle.dispose();
    process.send({ code: 'loaded' });
  } catch (error) {
    const isOurs = error?.name === 'ClickmaskError';
    process.send({ code: isOurs ? error.code : 'internal', message: String(error?.stack).slice(0, 500) });
  }
});
process.once('SIGTERM', () => process.disconnect());
process.send('ready');
