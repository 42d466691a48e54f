// Heirs that override methods, prototypes that are patched as agents of monitoring do, and whoever looks inside.
import { EventEmitter, once } from "node:events";
import { inherits, inspect, types } from "node:util";
import { attempt, describe, dgram, fence, open, tell } from "./stage.mjs";

const target = await open();
const { port } = target.address();
target.on("message", (message, rinfo) =>
  tell("target got", message, Object.keys(rinfo), Object.getPrototypeOf(rinfo) === Object.prototype),
);

class Heir extends dgram.Socket {
  #secret = "kept";
  calls = [];
  emit(event, ...args) {
    this.calls.push(`emit ${event}`);
    return super.emit(event, ...args);
  }
  send(...args) {
    this.calls.push(`send ${args.length}`);
    return super.send(...args);
  }
  bind(...args) {
    this.calls.push(`bind ${args.length}`);
    return super.bind(...args);
  }
  close(...args) {
    this.calls.push(`close ${args.length} ${this.#secret}`);
    return super.close(...args);
  }
  address() {
    this.calls.push("address");
    return super.address();
  }
  on(...args) {
    this.calls?.push(`on ${String(args[0])}`);
    return super.on(...args);
  }
}
const heir = new Heir("udp4", () => {});
await new Promise((resolve) => heir.send("of an heir", port, "127.0.0.1", resolve));
await fence();
heir.connect(port, "127.0.0.1");
await once(heir, "connect");
heir.send("of a connected heir");
await fence();
heir.close();
await once(heir, "close");
tell(heir.calls.join(", "), heir instanceof dgram.Socket, heir instanceof EventEmitter);

function Old() {
  dgram.Socket.call(this, { type: "udp4", reuseAddr: true });
}
inherits(Old, dgram.Socket);
const old = new Old();
old.send("of an old heir", port, "127.0.0.1");
await fence();
tell(old instanceof dgram.Socket, old.type, old.constructor.name);
old.close();

tell("--- patched");
const { send, emit, bind } = dgram.Socket.prototype;
for (const [name, original] of Object.entries({ send, bind })) {
  dgram.Socket.prototype[name] = function (...args) {
    if (this === patched) tell("patched", name, args.map((argument) => typeof argument).join(","));
    return original.apply(this, args);
  };
}
dgram.Socket.prototype.emit = function (event, ...args) {
  if (this === patched) tell("patched emit", event, args.length);
  return emit.call(this, event, ...args);
};
const patched = dgram.createSocket("udp4");
patched.send(["of a ", "patched"], port, "127.0.0.1");
patched.send("two", 0, 2, port, "127.0.0.1", () => tell("sent"));
await fence();
patched.close();
await fence();
Object.assign(dgram.Socket.prototype, { send, bind });
delete dgram.Socket.prototype.emit;

tell("--- inside");
const socket = await open();
const isOnEveryNode = (name) => !name.startsWith("_") && !name.endsWith("Sync");
tell(
  dgram.Socket.name,
  dgram.Socket.length,
  dgram.createSocket.name,
  dgram.createSocket.length,
  Object.keys(dgram).filter(isOnEveryNode).sort(),
);
tell(Object.getOwnPropertyNames(dgram.Socket.prototype).filter(isOnEveryNode).sort());
tell(
  "constructor",
  dgram.Socket.prototype.constructor === dgram.Socket,
  Object.prototype.toString.call(socket),
  /Socket \{/.test(inspect(socket)),
);
tell(
  "own",
  Object.keys(socket)
    .filter((name) => !name.startsWith("_"))
    .sort(),
  socket.type,
  types.isProxy(socket),
);
attempt("spread", () => typeof { ...socket });
const received = once(socket, "message");
socket.send("cloned", socket.address().port, "127.0.0.1");
const [message, rinfo] = await received;
tell("clone", Buffer.from(structuredClone(message)).toString(), structuredClone(rinfo).address, message.buffer instanceof ArrayBuffer);
tell("transfer", structuredClone(message.buffer.slice(message.byteOffset, message.byteOffset + 6)).byteLength);
attempt("structuredClone of a socket", () => describe(typeof structuredClone(socket)));
attempt("await of an iterator", () => typeof EventEmitter.on(socket, "message")[Symbol.asyncIterator]);
socket.close();
target.close();
