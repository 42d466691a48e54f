// Watches the interfaces of its namespace with a listener that throws, one that rejects, and one that counts, and prints what was counted.
import { execFileSync } from "node:child_process";
import { NativeBackend } from "@groupcast/backend-native";

const uncaught = [];
let heard = 0;
let changed = () => {};
process.on("uncaughtException", ({ message }) => uncaught.push(message));
process.on("unhandledRejection", ({ message }) => uncaught.push(message));
const { network } = NativeBackend.load();
network.watch(() => {
  throw new Error("from the first listener");
});
network.watch(async () => {
  throw new Error("from the second listener");
});
network.watch(() => {
  heard += 1;
  changed();
});

await change("link add dev one type veth peer name two");
await change("link delete dev one");
process.stdout.write(JSON.stringify({ heard, uncaught }));

function change(line) {
  const keepAlive = setInterval(() => {}, 1_000);
  return new Promise((resolve) => {
    changed = () => setImmediate(resolve, clearInterval(keepAlive));
    execFileSync("ip", line.split(" "));
  });
}
