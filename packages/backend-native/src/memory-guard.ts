/** Keeps memory that several Buffers share from being detached. */
export interface MemoryGuard {
  /** Whether {@link MemoryGuard.protect} has an effect on this Node. */
  readonly isEffective: boolean;
  /** Makes `memory` undetachable, for good. Its length is a power of two, 4,096 bytes or more. */
  protect(memory: ArrayBuffer): void;
}

type Protect = MemoryGuard["protect"];

const FIRST_WITH_DETACH_KEYS = 24; // major version of Node
const PROBE_BYTES = 4096; // shortest heap of an asm.js module

/**
 * Finds out how this Node protects memory.
 *
 * `markAsUntransferable()` is enough from Node 24 on, where it sets V8's detach key. Earlier it stops `structuredClone()` and
 * `postMessage()` alone: byte streams detach what is put into them, and Node 22 has `ArrayBuffer.prototype.transfer()`. There V8 is
 * given the memory as the heap of an asm.js module, which nothing can detach (`AsmJs::InstantiateAsmWasm` of V8's src/asmjs/asm-js.cc).
 */
export function memoryGuard(): MemoryGuard {
  const protect = hasDetachKeys() ? process.getBuiltinModule("node:worker_threads").markAsUntransferable : heapPinning();
  return protect === undefined ? { isEffective: false, protect() {} } : { isEffective: true, protect };
}

/**
 * Returns whether `markAsUntransferable()` sets a detach key. Asked by the version: an attempt that detaches memory makes V8 compile every
 * access to typed arrays with a check from then on (its protector "ArrayBufferDetachingIntact").
 */
function hasDetachKeys(): boolean {
  return Number.parseInt(process.versions.node, 10) >= FIRST_WITH_DETACH_KEYS;
}

const PINNING_MODULE = `(function (stdlib, foreign, heap) {
  "use asm";
  var bytes = new stdlib.Uint8Array(heap);
  function nothing() { return 0; }
  return { nothing: nothing };
})`;

/** Returns `undefined` where V8 does not compile asm.js, such as under a debugger. */
function heapPinning(): Protect | undefined {
  const instantiate = process.getBuiltinModule("node:vm").runInThisContext(PINNING_MODULE) as (
    stdlib: object,
    foreign: object,
    heap: ArrayBuffer,
  ) => object;
  const protect = (memory: ArrayBuffer): void => void instantiate(globalThis, {}, memory);
  return withstands(protect) ? protect : undefined;
}

function withstands(protect: Protect): boolean {
  const memory = new ArrayBuffer(PROBE_BYTES);
  protect(memory);
  try {
    structuredClone(memory, { transfer: [memory] }); // copies what it cannot transfer (Node 20), or throws
  } catch {
    // That it throws says that it was refused.
  }
  return memory.byteLength === PROBE_BYTES;
}
