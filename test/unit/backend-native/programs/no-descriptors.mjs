// Opens files until there are no descriptors left, then asks for a socket, for what the network knows, and for a zone by name.
import { closeSync, openSync } from "node:fs";
import { NativeBackend } from "@groupcast/backend-native";
import { errnoName } from "@groupcast/base";

const nobody = { received() {}, writable() {}, sendFailed() {}, failed() {} };
const backend = NativeBackend.load();
const bound = backend.openSocket(6, nobody);
const files = useUp();
const refused = backend.openSocket(4, nobody);
const { network } = backend;
const interfaces = nameOf(network.interfaces());
const routes = [network.routeTo("127.0.0.1", undefined), network.defaultRoute(4)].map(nameOf);
const watch = nameOf(network.watch(() => {}));
const zone = errnoName(bound.connect({ address: "fe80::1%lo", port: 9, family: 6 }));
for (const file of files) closeSync(file);
const noSuchZone = errnoName(bound.connect({ address: "fe80::1%no-such", port: 9, family: 6 }));
bound.close();
const socket = backend.openSocket(4, nobody);
const afterwards = [nameOf(socket), nameOf(network.interfaces()), nameOf(network.watch(() => {}))];
process.stdout.write(JSON.stringify({ openSocket: errnoName(refused), interfaces, routes, watch, zone, noSuchZone, afterwards }));

function useUp() {
  const files = [];
  for (;;) {
    try {
      files.push(openSync("/dev/null", "r"));
    } catch {
      return files;
    }
  }
}

function nameOf(outcome) {
  return typeof outcome === "number" ? errnoName(outcome) : "answered";
}
