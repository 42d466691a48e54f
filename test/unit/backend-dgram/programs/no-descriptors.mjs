// Opens files until there are no descriptors left, then asks sockets and the network for what needs one.
import { closeSync, openSync } from "node:fs";
import { DgramBackend } from "@groupcast/backend-dgram";
import { errnoName } from "@groupcast/base";

const nobody = { received() {}, writable() {}, sendFailed() {}, failed() {} };
const backend = new DgramBackend();
const loopback = backend.network.interfaces().find(({ flags }) => flags.loopback);
const bound = backend.openSocket(6, nobody);
bound.bind({ address: "::1", port: 0, family: 6 });
const unbound = backend.openSocket(6, nobody);

const files = useUp();
const answers = {
  bind: nameOf(backend.openSocket(4, nobody).bind({ address: "127.0.0.1", port: 0, family: 4 })),
  join: nameOf(bound.join("ff02::4242", loopback, undefined)),
  setMulticastInterface: nameOf(unbound.setMulticastInterface(loopback)),
  interfaces: nameOf(backend.network.interfaces()),
  sizeBeforeBind: nameOf(unbound.getOption("receiveBufferBytes")),
};
for (const file of files) closeSync(file);
answers.afterwards = bound.join("ff02::4242", loopback, undefined);
bound.close();
process.stdout.write(JSON.stringify(answers));

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

function nameOf(outcome) {
  return outcome < 0 ? errnoName(outcome) : outcome;
}
