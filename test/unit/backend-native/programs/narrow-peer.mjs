// Sends runs on a narrow path, and then on a wide one, by the same socket; counts the packets that the packet filter sees of each.
import { execFileSync } from "node:child_process";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";

const COUNT = 20;
const SIZE = 1_400;
const socket = NativeBackend.load().openSocket(4, { received() {}, sendFailed() {}, failed() {}, writable() {} });
socket.setOption("broadcast", 1);
const offsets = Int32Array.from({ length: COUNT + 1 }, (_, index) => index * SIZE);

function packetsOf(address) {
  const chain = "chain out { type filter hook output priority 0; udp dport 9 counter; }";
  execFileSync("nft", ["-f", "-"], { input: `flush ruleset; table inet t { ${chain}; }` });
  socket.send({ bytes: Buffer.alloc(COUNT * SIZE), offsets, to: new Array(COUNT).fill(socketAddress(address, 9)), via: [] }, 0, COUNT);
  return Number(/counter packets (\d+)/.exec(execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }))[1]);
}

const narrow = [packetsOf("10.77.0.255"), packetsOf("10.77.0.255")];
const wide = packetsOf("127.0.0.1");
socket.close();
process.stdout.write(JSON.stringify({ narrow, wide }));
