// Writes a burst that a full queue, or the packet filter, refuses, and counts what reached either.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

writeFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"); // the queue would count reports of MLD and router solicitations, too

const COUNT = 64;
const SIZE = 1_000;
const socket = NativeBackend.load().openSocket(4, { received() {}, sendFailed() {}, failed() {}, writable() {} });
socket.setOption("broadcast", 1);
socket.setOption("receiveErrors", 1); // otherwise the kernel keeps ENOBUFS to itself: udp_send_skb() of net/ipv4/udp.c
const batch = {
  bytes: Buffer.alloc(COUNT * SIZE),
  offsets: Int32Array.from({ length: COUNT + 1 }, (_, index) => index * SIZE),
  via: [],
};

/** Sends a burst as the send queue does: on after a refusal. */
function burst(address) {
  const outcomes = {};
  const all = { ...batch, to: new Array(COUNT).fill(socketAddress(address, 9)) };
  for (let next = 0; next < COUNT; ) {
    const outcome = socket.send(all, next, COUNT);
    const name = outcome < 0 ? errnoName(outcome) : "taken";
    outcomes[name] = (outcomes[name] ?? 0) + Math.max(1, outcome);
    next += Math.max(1, outcome);
  }
  return outcomes;
}

execFileSync("nft", ["-f", "-"], {
  input: "table inet t { chain out { type filter hook output priority 0; ip daddr 10.77.0.255 udp dport 9 counter drop; }; }",
});
const filtered = burst("10.77.0.255");
const [, packets] = /counter packets (\d+)/.exec(execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }));
execFileSync("nft", ["flush", "ruleset"]);

execFileSync("tc", "qdisc add dev one root tbf rate 8kbit burst 3000 limit 20000".split(" "));
const queued = [burst("10.77.0.255"), burst("10.77.0.255"), burst("10.77.0.255")];
const [{ packets: sent, drops, qlen }] = JSON.parse(execFileSync("tc", ["-s", "-j", "qdisc", "show", "dev", "one"], { encoding: "utf8" }));
socket.close();
process.stdout.write(JSON.stringify({ filtered, packets: Number(packets), queued, reachedQueue: sent + drops + qlen }));
