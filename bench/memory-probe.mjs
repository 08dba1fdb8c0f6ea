/**
 * Preloaded into service and node by the benchmark of memory (NODE_OPTIONS=--import): at SIGUSR2 it collects all garbage and writes
 * the heap that is in use, in bytes, to $BENCH_MEMORY/<pid>.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => {
    collect();
    collect();
    const file = `${process.env.BENCH_MEMORY}/${process.pid}`;
    writeFileSync(`${file}.new`, String(process.memoryUsage().heapUsed));
    renameSync(`${file}.new`, file);
  });
}
