/** Checks that a backend refuses what it lacks the capability for. */

import assert from "node:assert/strict";
import { type Capability, type Feature, OPTION_TABLE, type OptionName, optionRow } from "@groupcast/backend";
import { UnsupportedError } from "@groupcast/base";
import { answered, thrownBy } from "../endpoint/refusal.js";
import { batchOf } from "../endpoint/send-batch.js";
import type { Trial } from "./trial.js";

type Absence = (trial: Trial) => void;

/** Feature → asks for it and expects a refusal; or, where nobody can ask for it, checks that it does not show. */
const ABSENCES: Readonly<Record<Feature, Absence>> = {
  adopt: (trial) => assertUnsupported(() => trial.backend.adoptSocket(0, trial.socket(), trial.family)),
  blockSource(trial) {
    const { socket } = trial.listen();
    const [at] = answered(trial.backend.network.interfaces());
    assertUnsupported(() => socket.blockSource(trial.group(), at!, trial.addresses.foreign));
    assertUnsupported(() => socket.unblockSource(trial.group(), at!, trial.addresses.foreign));
  },
  downInterfaces(trial) {
    for (const { name, flags } of answered(trial.backend.network.interfaces())) assert.ok(flags.up, `${name} is down, and listed`);
  },
  icmpErrors: (trial) => assertOptionUnsupported(trial, "receiveErrors"),
  interfaceEvents(trial) {
    let changes = 0; // such a backend polls instead: MC-105
    const end = trial.backend.network.watch(() => changes++);
    assert.equal(typeof end, "function", `watch() refused with ${String(end)}`);
    answered(end)();
    assert.equal(changes, 0, "watch() reported a change inside the call");
  },
  interfaceIndexes(trial) {
    const known = answered(trial.backend.network.interfaces()).filter(({ index }) => index !== 0); // 0: not known
    for (const { name, index } of known) assert.ok(Number.isInteger(index) && index > 0, `${name} has index ${index}`);
    assert.equal(new Set(known.map(({ index }) => index)).size, known.length, "two interfaces have one index");
  },
  packetInfo: (trial) => assertOptionUnsupported(trial, "receivePacketInfo"),
  routes(trial) {
    assertUnsupported(() => trial.backend.network.routeTo(trial.addresses.loopback, undefined));
    assertUnsupported(() => answered(trial.backend.network.defaultRoute(trial.family)));
  },
  sendPacketInfo(trial) {
    const { socket, local } = trial.listen();
    const via = { interfaceIndex: 0, source: trial.addresses.loopback };
    assertUnsupported(() => socket.send(batchOf([{ bytes: "x", to: local, via }]), 0, 1));
  },
  steering: (trial) => assertUnsupported(() => trial.listen().socket.steer({ by: "cpu", ports: 1 })),
};

/** Asserts that a backend without `capability` refuses to be asked for it. */
export function assertAbsent(trial: Trial, capability: Capability): void {
  const [verb, option] = capability.split(" ");
  if (option === undefined || !(option in OPTION_TABLE)) ABSENCES[capability as Feature](trial);
  else if (verb === "set") assertOptionUnsupported(trial, option as OptionName);
  else assertUnsupported(() => trial.socket().socket.getOption(option as OptionName), "ERR_UNSUPPORTED_OPTION");
}

function assertOptionUnsupported(trial: Trial, name: OptionName): void {
  assertUnsupported(() => trial.socket().socket.setOption(name, optionRow(name).min), "ERR_UNSUPPORTED_OPTION");
}

function assertUnsupported(call: () => unknown, code = "ERR_UNSUPPORTED_OPERATION"): void {
  const error = thrownBy(call);
  assert.ok(error instanceof UnsupportedError, `expected UnsupportedError, got ${String(error)}`);
  assert.equal(error.code, code);
  assert.ok(error.backend !== "", "the error names no backend"); // a wrapper passes the error of the backend inside on, with its name
}
