// Arguments that bite: proxies, getters that throw, sizes that are negative, arrays that are long or change meanwhile.
import { attempt, dgram, fence, open, tell } from "./stage.mjs";

const socket = await open();
const { port } = socket.address();
socket.on("message", (message) => tell("got", message.length, message.subarray(0, 4)));
socket.on("error", (error) => tell("error event", error.code));
const bite = () => {
  throw new Error("bitten");
};
const biting = new Proxy({}, { get: bite, has: bite, getPrototypeOf: bite, ownKeys: bite });
const sized = (properties) => Object.assign(Object.create(Uint8Array.prototype), properties);

attempt("options that bite", () => dgram.createSocket(biting));
attempt("a type that bites", () =>
  dgram.createSocket({
    get type() {
      return bite();
    },
  }),
);
for (const [name, data] of Object.entries({
  "a proxy": biting,
  "a proxy of a buffer": new Proxy(Buffer.from("proxied"), {}),
  "a list with a getter": Object.defineProperty([], 0, { get: bite, enumerable: true }),
  "a fake array": sized({}),
  "an object with a length": { length: 4, 0: 1 },
  "a boxed string": Object("boxed"),
  "a list in a list": [["deep"]],
  "a list with a hole": new Array(2),
  "a list of numbers": [1, 2],
  "a function": () => {},
  "a date": new Date(0),
  nothing: undefined,
  "an empty list": [],
  "a shared buffer": new Uint8Array(new SharedArrayBuffer(5)),
  "a detached buffer": detached(),
  "a view of a part": new Uint8Array(new ArrayBuffer(64), 8, 6),
  "wide numbers": new Float64Array([1, 2]),
})) {
  attempt(`send of ${name}`, () => socket.send(data, port, "127.0.0.1"));
  await fence();
}
for (const [offset, length] of [
  [-1, 2],
  [0, -1],
  [0, 2 ** 32],
  [2 ** 31, 1],
  [0.5, 2],
  ["1", "2"],
  [Number.NaN, 1],
  [4, 1],
  [3, 1],
  [0, Infinity],
]) {
  attempt(`send of ${length} bytes at ${offset}`, () => socket.send("abcd", offset, length, port, "127.0.0.1"));
  await fence();
}
for (const number of [-1, 0, 65_536, 1e9, "", "0x10", " 7 ", null, undefined, {}, [], Number.NaN, -0, 0.5, 7n, Symbol("port")]) {
  attempt(`send to port ${String(number)}`, () => socket.send("x", number, "127.0.0.1"));
  await fence();
  const other = dgram.createSocket("udp4");
  attempt(`connect to port ${String(number)}`, () => other.connect(number));
  await fence();
  other.close();
  attempt(
    `bind to port ${String(number)}`,
    () =>
      void dgram
        .createSocket("udp4")
        .on("error", () => {})
        .close()
        .bind(number),
  );
}
for (const address of [null, 1, {}, [], true, biting, Symbol("address")])
  attempt("send to an address", () => socket.send("x", port, address));
const many = Array.from({ length: 500 }, (_, index) => Buffer.from([index % 256]));
attempt("a long list", () => socket.send(many, port, "127.0.0.1"));
await fence();
const changing = Buffer.from("before");
attempt("a buffer that changes", () => socket.send(changing, port, "127.0.0.1", () => tell("sent")));
await fence();
const list = ["one", "two"];
attempt("a list that changes", () => socket.send(list, port, "127.0.0.1"));
list.push("three");
list[0] = "ONE";
await fence();
for (const method of ["setTTL", "setMulticastTTL", "setBroadcast", "setMulticastLoopback", "setRecvBufferSize", "setSendBufferSize"]) {
  for (const value of [-1, 0.5, "1", null, undefined, 2 ** 31, 2 ** 32 + 1, Number.NaN, 1n, {}])
    attempt(`${method}(${String(value)})`, () => socket[method](value));
}
for (const method of [
  "addMembership",
  "dropMembership",
  "addSourceSpecificMembership",
  "dropSourceSpecificMembership",
  "setMulticastInterface",
]) {
  for (const args of [[], [null], [1], [{}], [""], ["239.255.0.1", 1], ["239.255.0.1", {}]]) {
    attempt(`${method} with ${args.length} arguments`, () => socket[method](...args));
  }
}
socket.close();

function detached() {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}
