/** A worker thread of Lua VMs. It knows nothing of the node: what a script wants of the host is asked by message. */
import { parentPort, workerData } from 'node:worker_threads';
import { LuaError, type LuaErrorData } from './errors.js';
import { jsonFunctions } from './json.js';
import { PRELUDE } from './prelude.js';
import { TERMINAL } from './prelude-terminal.js';
import {
  type FromWorker,
  type Operation,
  RUNNING,
  SLICES,
  type ToWorker,
  type WorkerData,
} from './protocol.js';
import { Rest } from './rest.js';
import { Runtime } from './runtime.js';
import { tellFunction } from './tell.js';
import { type Answer, compile, type HostCall, type Slice, Vm } from './vm.js';

const { memory, sliceMs, watch } = workerData as WorkerData;
const port = parentPort!;
const watched = new Int32Array(watch);
const runtime = await Runtime.load();
const json = jsonFunctions(runtime);
const tell = tellFunction(runtime, (vm, name, args) => {
  // The prelude alone says these. Each item of a batch has the time of a call, and a task that of who put it aside.
  if (name === 'handled') vms.get(vm)?.handled();
  else vms.get(vm)?.said(args);
  if (name === 'task') vms.get(vm)?.putAside(Number(args[0]));
  post({ kind: 'tell', vm, name, args });
});
/** Each VM holds it, so it goes without what error messages need: these name the lines of the script. */
const prelude = compile(runtime, 'prelude', PRELUDE, true);
const terminals = compile(runtime, 'terminals', TERMINAL, true);
const vms = new Map<number, Vm>();
const rest = new Rest(async (vm) => {
  await vms
    .get(vm)
    ?.tidy()
    .catch((thrown) => errorData(vm, thrown));
});
const asked = new Map<number, { vm: number; resolve(answer: Answer): void }>();
let nextAsk = 1;

const post = (message: FromWorker) => port.postMessage(message);

const sliceOf = (vm: number): Slice => ({
  begin() {
    Atomics.add(watched, SLICES, 1);
    Atomics.store(watched, RUNNING, vm);
  },
  end: () => void Atomics.store(watched, RUNNING, 0),
});

const hostOf =
  (vm: number): HostCall =>
  async (name, args) => {
    if (name === 'terminals') return { ok: true, value: terminals, waited: false };
    return new Promise((resolve) => {
      const id = nextAsk++;
      asked.set(id, { vm, resolve });
      post({ kind: 'host', id, vm, name, args });
    });
  };

async function run(operation: Operation): Promise<unknown> {
  if (operation.op === 'compile') return compile(runtime, operation.name, operation.source);
  rest.ran(operation.vm);
  if (operation.op === 'open') {
    const { vm: id, name, bytecode } = operation;
    const vm: Vm = new Vm({
      ...{ id, runtime, json, tell, slice: sliceOf(id), host: hostOf(id), memory, sliceMs },
      // A fresh one may have its place already.
      onClosed: () => vms.get(id) === vm && vms.delete(id),
    });
    vms.set(id, vm);
    return vm.start(name, prelude, bytecode);
  }
  const vm = vms.get(operation.vm);
  if (operation.op === 'close') return vm?.close();
  if (!vm) throw new LuaError({ kind: 'closed', message: 'the session of this script is closed' });
  return vm.call(operation.owner, operation.name, operation.args);
}

/** What is no LuaError is a fault of WebAssembly itself: the worker ends with this VM as the guilty one. */
function errorData(vm: number, thrown: unknown): LuaErrorData {
  if (!(thrown instanceof LuaError)) {
    Atomics.store(watched, RUNNING, vm);
    throw thrown;
  }
  const { kind, message, file, line, code } = thrown;
  return { kind, message, file, line, code };
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'answer') {
    const waiting = asked.get(message.id);
    asked.delete(message.id);
    if (waiting) rest.ran(waiting.vm);
    waiting?.resolve(message);
    return;
  }
  const { id, operation } = message;
  void run(operation).then(
    (value) => post({ kind: 'outcome', id, outcome: { ok: true, value } }),
    (thrown) => post({ kind: 'outcome', id, outcome: { ok: false, error: errorData(operation.vm, thrown) } }),
  );
});
