// Connects to a link-local peer and disconnects; prints the addresses and what the socket is bound to meanwhile and afterwards.

import { socketAddress } from "@groupcast/backend";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const backend = NativeBackend.load();
const nobody = { received() {}, writable() {}, sendFailed() {}, failed() {} };
const { index } = backend.network.interfaces().find(({ name }) => name === "one");
const [peer, socket, other] = [0, 1, 2].map(() => backend.openSocket(6, nobody));
peer.bind(socketAddress("fe80::1%one", 0));
socket.bind(socketAddress("::", 0));
socket.connect(peer.localAddress());
const nameOf = (number) => (number === index ? "one" : "");
const results = {
  bound: peer.localAddress().address,
  peer: socket.peerAddress().address,
  boundToWhileConnected: nameOf(socket.getOption("bindToInterface")),
};
socket.disconnect();
process.stdout.write(
  JSON.stringify({
    ...results,
    boundToAfterwards: nameOf(socket.getOption("bindToInterface")),
    byNumber: other.connect(socketAddress(`fe80::1%${index}`, 9)),
    unknownZone: errnoName(other.connect(socketAddress("fe80::1%none", 9))),
  }),
);
for (const each of [peer, socket, other]) each.close();
