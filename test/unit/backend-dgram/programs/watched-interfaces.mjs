// Watches the interfaces of its namespace, gives one of them a further address, and prints what it was told. Ends by itself once
// nothing but the watching is left.
import { execFileSync } from "node:child_process";
import { DgramBackend } from "@groupcast/backend-dgram";

const { network } = new DgramBackend({ pollIntervalMs: 5 });
const told = { before: addresses(), first: 0, second: 0 };
const ignore = network.watch(() => {
  told.first += 1;
});
const endWatch = network.watch(() => {
  told.second += 1;
  if (told.second === 1) {
    told.after = addresses();
    ignore();
    execFileSync("ip", ["address", "del", "127.0.0.9/8", "dev", "lo"]);
    return;
  }
  clearTimeout(deadline);
  endWatch();
  process.stdout.write(JSON.stringify(told));
});
const deadline = setTimeout(() => process.exit(1), 5_000);
execFileSync("ip", ["address", "add", "127.0.0.9/8", "dev", "lo"]);
network.watch(() => {}); // left behind: it must not keep the process alive

function addresses() {
  return network.interfaces().flatMap((each) => each.addresses.map(({ address }) => address));
}
