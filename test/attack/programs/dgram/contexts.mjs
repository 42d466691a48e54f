// Where callbacks run: AsyncLocalStorage, async_hooks, domains.
import { AsyncLocalStorage, createHook, executionAsyncId, executionAsyncResource, triggerAsyncId } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { createRequire } from "node:module";
import { describe, dgram, fence, tell } from "./stage.mjs";

const storage = new AsyncLocalStorage();
const where = (what) => tell(what, "in", storage.getStore());
const published = ({ socket }) => where(`udp.socket tells of ${describe(socket)}`);
subscribe("udp.socket", published);

const lookup = (_name, family, callback) => {
  where("lookup");
  setImmediate(() => callback(null, "127.0.0.1", family));
};
const socket = storage.run("creation", () => dgram.createSocket({ type: "udp4", lookup }));
unsubscribe("udp.socket", published);
for (const event of ["listening", "message", "connect", "close", "error"])
  storage.run(`on ${event}`, () => socket.on(event, () => where(event)));
storage.run("bind", () => socket.bind(0, "here", () => where("callback of bind")));
await once(socket, "listening");
await fence();
const { port } = socket.address();
storage.run("first send", () => socket.send("1", port, "127.0.0.1", () => where("callback of send")));
storage.run("second send", () => socket.send("2", port, "127.0.0.1", () => where("callback of send")));
storage.run("send without callback", () => socket.send("3", port, "127.0.0.1"));
await fence();
storage.run("in a message", () => {
  socket.once("message", () => storage.run("inner", () => socket.send("5", port, "127.0.0.1", () => where("callback of a reply"))));
  socket.send("4", port, "127.0.0.1");
});
await fence();
const iterated = storage.run("iteration", async () => {
  const [message] = await once(socket, "message");
  where(`awaited ${message}`);
});
storage.run("for the iteration", () => socket.send("6", port, "127.0.0.1"));
await iterated;
storage.run("connect", () => socket.connect(port, "127.0.0.1", () => where("callback of connect")));
await once(socket, "connect");
storage.run("failing send", () => socket.send(Buffer.alloc(70_000), (error) => where(`callback with ${error?.code}`)));
await fence();
storage.run("close", () => socket.close(() => where("callback of close")));
await once(socket, "close");
await fence();

tell("--- async ids");
const types = new Set();
const hook = createHook({ init: (_id, type) => types.add(type) }).enable();
const watched = dgram.createSocket("udp4");
watched.bind(0, "127.0.0.1");
await once(watched, "listening");
watched.once("message", () =>
  tell("a message has a context", executionAsyncId() > 1, triggerAsyncId() >= 0, executionAsyncResource() !== null),
);
watched.send("7", watched.address().port, "127.0.0.1");
await once(watched, "message");
hook.disable();
tell("types", types.has("UDPWRAP"));
watched.close();

tell("--- domains");
const { create } = createRequire(import.meta.url)("node:domain");
const domain = create();
domain.on("error", (error) => tell("the domain caught", error.message));
const guarded = domain.run(() => dgram.createSocket("udp4"));
tell("belongs to the domain", guarded.domain === domain);
guarded.bind(0, "127.0.0.1");
await once(guarded, "listening");
guarded.on("message", () => {
  throw new Error("thrown in a domain");
});
guarded.send("8", guarded.address().port, "127.0.0.1");
await fence();
guarded.send("9", guarded.address().port, "127.0.0.1");
await fence();
guarded.close();
