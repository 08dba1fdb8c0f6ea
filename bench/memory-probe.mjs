/**
 * Preloaded into service and node by the benchmark of memory (NODE_OPTIONS=--import): at SIGUSR2 it collects all garbage, of the main thread
 * and of every worker thread, and writes the main thread's heap that is in use, in bytes, to $BENCH_MEMORY/<pid>. A worker's garbage counts:
 * each message to it leaves some, and it is collected only when megabytes of it are there. Workers are reached by the domain NodeWorker of
 * Node's inspector.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { isMainThread } from 'node:worker_threads';

const COLLECT = 'HeapProfiler.collectGarbage';

/** Of each worker, what its collection is waited for by. */
const workers = new Map();
let session;

async function connect() {
  session = new Session();
  session.connect();
  session.on('NodeWorker.attachedToWorker', ({ params }) => workers.set(params.sessionId, undefined));
  session.on('NodeWorker.detachedFromWorker', ({ params }) => {
    workers.get(params.sessionId)?.();
    workers.delete(params.sessionId);
  });
  // The only answers that come are those to the collections.
  session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => workers.get(params.sessionId)?.());
  await session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
}

const collectInWorker = (sessionId) =>
  new Promise((resolve, reject) => {
    workers.set(sessionId, resolve);
    const message = JSON.stringify({ id: 1, method: COLLECT });
    session.post('NodeWorker.sendMessageToWorker', { sessionId, message }).catch(reject);
  });

async function tell() {
  if (!session) await connect();
  // What the first collection lets go of may hold more.
  for (let i = 0; i < 2; i++) {
    await session.post(COLLECT);
    await Promise.all([...workers.keys()].map(collectInWorker));
  }
  const file = `${process.env.BENCH_MEMORY}/${process.pid}`;
  writeFileSync(`${file}.new`, String(process.memoryUsage().heapUsed));
  renameSync(`${file}.new`, file);
}

if (isMainThread) process.on('SIGUSR2', () => void tell());
