// Changes the interfaces of its namespace under the eyes of watch(), and prints what it told. Ends because nothing keeps it alive.
import { execFileSync } from "node:child_process";
import { NativeBackend } from "@groupcast/backend-native";

const FLOOD = 3_000; // address changes; their messages are more than a netlink socket holds
const { network } = NativeBackend.load();
const ip = (line) => execFileSync("ip", line.split(" "));
const names = () =>
  network
    .interfaces()
    .map(({ name }) => name)
    .sort();
const isThere = (name) => ["one", "two"].includes(name);
let calls = 0;
let changed = () => {};
const end = network.watch(() => {
  calls += 1;
  changed();
});

const added = await change(() => ip("link add dev one type veth peer name two"));
const callsForBoth = calls;
const removed = await change(() => ip("link delete dev one"));
const lines = Array.from({ length: FLOOD }, (_, index) => `address add 127.1.${index >> 8}.${index & 255}/32 dev lo\n`);
calls = 0;
await change(() => execFileSync("ip", ["-batch", "-"], { input: lines.join("") }));
const afterOverflow = calls > 0 && network.interfaces()[0].addresses.length >= FLOOD;
calls = 0;
end();
ip("link add dev one type veth peer name two");
await change(() => ip("link delete dev one"), true);
const callsAfterEnd = calls;
network.watch(() => {}); // left open: the process ends all the same
process.stdout.write(JSON.stringify({ added, callsForBoth, removed, afterOverflow, callsAfterEnd }));

/** Makes a change and waits until it was told, by a watch of its own if asked to. */
function change(make, hasOwnWatch = false) {
  const keepAlive = setInterval(() => {}, 1_000);
  return new Promise((resolve) => {
    const seen = () => {
      endWatch?.();
      changed = () => {};
      clearInterval(keepAlive);
      resolve(names().filter(isThere));
    };
    const endWatch = hasOwnWatch ? network.watch(seen) : undefined;
    if (!hasOwnWatch) changed = seen;
    make();
  });
}
