// Loaded before a server: at each signal, its worker threads end, whatever they do.
const living = new Set();
process.on('worker', (worker) => {
  living.add(worker);
  worker.once('exit', () => living.delete(worker));
});
process.on('SIGUSR2', () => {
  for (const worker of living) void worker.terminate();
});
