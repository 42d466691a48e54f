// Joins groups on an interface, changes the interface's address, leaves the groups, and prints the outcomes and what the kernel
// has left of the memberships.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { socketAddress } from "@groupcast/backend";
import { DgramBackend } from "@groupcast/backend-dgram";

const ip = (...args) => execFileSync("ip", args);
const backend = new DgramBackend();
const socket = backend.openSocket(4, { received() {}, writable() {}, sendFailed() {}, failed() {} });
const gone = backend.openSocket(6, { received() {}, writable() {}, sendFailed() {}, failed() {} });
const find = (name) => backend.network.interfaces().find((each) => each.name === name);

ip("link", "add", "one", "type", "veth", "peer", "name", "other");
for (const link of ["one", "other"]) ip("link", "set", link, "up");
ip("address", "add", "10.1.1.1/24", "dev", "one");
ip("address", "add", "fd00::1/64", "dev", "other", "nodad");
socket.bind(socketAddress("0.0.0.0", 0));
gone.bind(socketAddress("::", 0));
const join = socket.join("239.255.77.1", find("one"), undefined);
ip("address", "del", "10.1.1.1/24", "dev", "one");
ip("address", "add", "10.2.2.2/24", "dev", "one");
const leave = socket.leave("239.255.77.1", find("one"), undefined);
const isLeft = readFileSync("/proc/net/igmp", "utf8").includes("014DFFEF"); // 239.255.77.1 in the kernel's byte order

const other = find("other");
const joinSix = gone.join("ff12::77", other, undefined);
const joinLoopback = gone.join("ff12::77", find("lo"), undefined);
ip("link", "del", "one"); // and "other" with it
const leaveSix = gone.leave("ff12::77", other, undefined);
const leaveLoopback = gone.leave("ff12::77", find("lo"), undefined);
process.stdout.write(JSON.stringify({ join, leave, isLeft, joinSix, joinLoopback, leaveSix, leaveLoopback }));
socket.close();
gone.close();
