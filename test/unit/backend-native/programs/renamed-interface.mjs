// Sends to its own link-local address while the interface is renamed, and while it is deleted and made again; prints from where
// the datagrams came.

import { execFileSync } from "node:child_process";
import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const ip = (line) => execFileSync("ip", line.split(" "));
const { promise, resolve } = { promise: undefined, resolve: () => {} };
let deliver = resolve;
let arrived = promise;
const backend = NativeBackend.load();
const indexOf = (name) => backend.network.interfaces().find((each) => each.name === name).index;
const observer = { writable() {}, sendFailed() {}, failed() {} };
const received = (batch) => deliver({ from: batch.from(0).address, interface: batch.arrival(0).interface });
const socket = backend.openSocket(6, { ...observer, received });
socket.setOption("receivePacketInfo", 1);
socket.bind(socketAddress("::", 0));
socket.startReading({ maxPacketBytes: 65_535, maxDatagrams: 64, maxBytes: 1_000_000 });
const { port } = socket.localAddress();

make();
const firstIndex = indexOf("one");
const before = await roundTrip("one");
await changed(() => {
  ip("link set dev one down");
  ip("link set dev one name other");
  ip("link set dev other up");
  ip("address replace fe80::1/64 dev other nodad");
});
const renamed = await roundTrip("other");
const oldName = errnoName(send("one"));
await changed(() => {
  ip("link delete dev other");
  make();
  ip("link set dev one down");
  ip("link set dev one name other");
  ip("link set dev other up");
  ip("address replace fe80::1/64 dev other nodad");
});
const recreated = await roundTrip("other");
process.stdout.write(JSON.stringify({ before, renamed, oldName, recreated, hasOtherIndex: indexOf("other") !== firstIndex }));
socket.close();

function make() {
  ip("link add dev one type veth peer name far");
  ip("link set dev one addrgenmode none");
  ip("address add fe80::1/64 dev one nodad");
  ip("link set dev far up");
  ip("link set dev one up");
}

function roundTrip(zone) {
  untilLocal();
  arrived = new Promise((settle) => {
    deliver = settle;
  });
  const outcome = send(zone);
  return outcome < 0 ? errnoName(outcome) : arrived;
}

/**
 * Waits until datagrams to the address stay on the host. A work queue of the kernel puts it into the local table, after ip(8) has returned
 * (addrconf_dad_work() in net/ipv6/addrconf.c); a datagram sent before that waits for a neighbour which does not exist, and is lost.
 */
function untilLocal() {
  while (!/^local fe80::1 /m.test(execFileSync("ip", ["-6", "route", "show", "table", "local"], { encoding: "utf8" })));
}

function send(zone) {
  return socket.send(
    { bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [socketAddress(`fe80::1%${zone}`, port)], via: [] },
    0,
    1,
  );
}

/** Makes a change, and waits until it was told. */
function changed(make) {
  return new Promise((settle) => {
    const end = backend.network.watch(() => {
      end();
      settle();
    });
    make();
  });
}
