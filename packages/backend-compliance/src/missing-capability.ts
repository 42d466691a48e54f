/** What a backend must do when it is asked for something that it cannot do: refuse. */

import assert from "node:assert/strict";
import { type Capability, type Feature, OPTION_TABLE, type OptionName, optionRow } from "@groupcast/backend";
import { UnsupportedError } from "@groupcast/base";
import type { Lab } from "./lab.js";
import { answered, thrownBy } from "./refusal.js";
import { batchOf } from "./send-batch.js";

type Absence = (lab: Lab) => void;

/** Feature → how one would ask for it; and of what cannot be asked for, how it shows that it is not there. */
const ABSENCES: Readonly<Record<Feature, Absence>> = {
  adopt: (lab) => assertUnsupported(lab, () => lab.backend.adoptSocket(0, lab.socket(), lab.family)),
  blockSource(lab) {
    const { socket } = lab.listen();
    const [at] = answered(lab.backend.network.interfaces());
    assertUnsupported(lab, () => socket.blockSource(lab.group(), at!, lab.addresses.foreign));
    assertUnsupported(lab, () => socket.unblockSource(lab.group(), at!, lab.addresses.foreign));
  },
  downInterfaces(lab) {
    for (const { name, flags } of answered(lab.backend.network.interfaces())) assert.ok(flags.up, `${name} is down, and listed`);
  },
  icmpErrors: (lab) => assertOptionUnsupported(lab, "receiveErrors"),
  interfaceEvents: (lab) => answered(lab.backend.network.watch(() => {}))(), // it is asked again and again instead: MC-105
  interfaceIndexes(lab) {
    for (const { name, index } of answered(lab.backend.network.interfaces())) assert.ok(index >= 0, `${name} has index ${index}`); // 0: not known
  },
  packetInfo: (lab) => assertOptionUnsupported(lab, "receivePacketInfo"),
  routes(lab) {
    assertUnsupported(lab, () => lab.backend.network.routeTo(lab.addresses.loopback, undefined));
    assertUnsupported(lab, () => answered(lab.backend.network.defaultRoute(lab.family)));
  },
  sendPacketInfo(lab) {
    const { socket, local } = lab.listen();
    const via = { interfaceIndex: 0, source: lab.addresses.loopback };
    assertUnsupported(lab, () => socket.send(batchOf([{ bytes: "x", to: local, via }]), 0, 1));
  },
};

/** Asserts that a backend without `capability` says so when it is asked, and does not pretend. */
export function assertAbsent(lab: Lab, capability: Capability): void {
  const [verb, option] = capability.split(" ");
  if (option === undefined || !(option in OPTION_TABLE)) ABSENCES[capability as Feature](lab);
  else if (verb === "set") assertOptionUnsupported(lab, option as OptionName);
  else assertUnsupported(lab, () => lab.socket().socket.getOption(option as OptionName), "ERR_UNSUPPORTED_OPTION");
}

function assertOptionUnsupported(lab: Lab, name: OptionName): void {
  assertUnsupported(lab, () => lab.socket().socket.setOption(name, optionRow(name).min), "ERR_UNSUPPORTED_OPTION");
}

function assertUnsupported(lab: Lab, call: () => unknown, code = "ERR_UNSUPPORTED_OPERATION"): void {
  const error = thrownBy(call);
  assert.ok(error instanceof UnsupportedError, `expected UnsupportedError, got ${String(error)}`);
  assert.equal(error.code, code);
  assert.equal(error.backend, lab.backend.name);
}
