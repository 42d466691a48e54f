// Makes an interface with several addresses in its namespace, and prints how the backend lists it.
import { execFileSync } from "node:child_process";
import { DgramBackend } from "@groupcast/backend-dgram";

const ip = (line) => execFileSync("ip", line.split(" "));
ip("link add one index 77 address 02:00:00:00:00:77 type veth peer name other");
ip("link set one addrgenmode none");
ip("link set one up");
ip("link set other up");
ip("address add 10.1.130.1/20 dev one");
ip("address add 10.9.0.0/31 dev one");
ip("address add fe80::77/64 dev one nodad");
process.stdout.write(JSON.stringify(new DgramBackend().network.interfaces().find(({ name }) => name === "one")));
