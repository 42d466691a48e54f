// Watches the interfaces of its namespace while it has no free descriptors and an address comes, and prints what it heard then and later.
// The watch begins without descriptors, too; listeners that throw and reject come first.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";

const uncaught = [];
process.on("uncaughtException", ({ message }) => uncaught.push(message));
process.on("unhandledRejection", ({ message }) => uncaught.push(message));

let looks = 0;
let looked = () => {};
const { networkInterfaces } = os;
os.networkInterfaces = () => {
  looks += 1;
  looked();
  return networkInterfaces();
};
syncBuiltinESMExports(); // before the backend imports it

const { DgramBackend } = await import("@groupcast/backend-dgram");
const { network } = new DgramBackend({ pollIntervalMs: 5 });
// It waits for a second line, because its pipes are descriptors: they would be free when it ends.
const ip = spawn("sh", ["-c", "read line && ip address add 127.0.0.9/8 dev lo && echo done && read line"], {
  stdio: ["pipe", "pipe", "inherit"],
});
let heard = 0;
let changed = () => {};

let files = useUp();
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
await moreLooks(2);
const heardBlind = heard;
await nextChange(() => free(files));

files = useUp();
ip.stdin.write("go\n");
await new Promise((resolve) => ip.stdout.once("data", resolve));
await moreLooks(2);
const heardBlindAgain = heard;
await nextChange(() => free(files));
const addresses = network.interfaces().flatMap((each) => each.addresses.map(({ address }) => address));
ip.stdin.end();
process.stdout.write(JSON.stringify({ heardBlind, heardBlindAgain, heard, hasAddress: addresses.includes("127.0.0.9"), uncaught }));

function moreLooks(count) {
  const keepAlive = setInterval(() => {}, 1_000);
  const enough = looks + count;
  return new Promise((resolve) => {
    looked = () => {
      if (looks >= enough) setImmediate(resolve, clearInterval(keepAlive));
    };
  });
}

function nextChange(cause) {
  const keepAlive = setInterval(() => {}, 1_000);
  return new Promise((resolve) => {
    changed = () => setImmediate(resolve, clearInterval(keepAlive));
    cause();
  });
}

function useUp() {
  const opened = [];
  for (;;) {
    try {
      opened.push(openSync("/dev/null", "r"));
    } catch {
      return opened;
    }
  }
}

function free(opened) {
  for (const file of opened) closeSync(file);
}
