// Lists an interface that comes and goes between two looks, and prints what was listed then and what when it was told of a change.
import { execFileSync } from "node:child_process";
import { DgramBackend } from "@groupcast/backend-dgram";

const ip = (line) => execFileSync("ip", line.split(" "));
const { network } = new DgramBackend({ pollIntervalMs: 50 });
const names = () => network.interfaces().map(({ name, index }) => `${name} ${index}`);

const deadline = setTimeout(() => process.exit(1), 5_000);
const endWatch = network.watch(() => {
  clearTimeout(deadline);
  endWatch();
  process.stdout.write(JSON.stringify({ listed, told: names() }));
});
ip("link add passing-through index 77 type bridge");
ip("link set passing-through addrgenmode none"); // no link-local address that would tell the index
ip("address add 10.1.1.1/24 dev passing-through");
ip("link set passing-through up");
const listed = names();
ip("link delete passing-through"); // nothing has given the timer a turn
