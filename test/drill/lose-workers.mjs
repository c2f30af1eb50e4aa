// Loaded before a server: at each signal, and for a moment after it, its worker threads end, those that have just started
// and those that are idle. None ends while it loads or runs the network: onnxruntime would abort the process, and nothing
// but this drill ends a thread from outside.
const moment = 150;
const idle = new Set();
let last = -Infinity;
process.on('worker', (worker) => {
  worker.once('online', () => {
    if (performance.now() - last < moment) void worker.terminate();
  });
  // The first message says that the network is loaded.
  worker.once('message', () => idle.add(worker));
  worker.once('exit', () => idle.delete(worker));
});
process.on('SIGUSR2', () => {
  last = performance.now();
  for (const worker of idle) void worker.terminate();
});
