/** One set of contracts for each row of the option table. */
import assert from "node:assert/strict";
import { OPTION_NAMES, type OptionName, optionRow } from "@groupcast/backend";
import { type Contract, type ContractDraft, contracts } from "../contract.js";
import { answered, assertOutcome } from "../endpoint/refusal.js";
import type { SocketEndpoint } from "../endpoint/socket-endpoint.js";
import type { Trial } from "../trial/trial.js";

/** Default values of options, where they are not the administrator's choice. */
const DEFAULTS: Readonly<Partial<Record<OptionName, number>>> = {
  reuseAddress: 0,
  reusePort: 0,
  ipv6Only: 0,
  bindToInterface: 0,
  broadcast: 0,
  trafficClass: 0,
  multicastTtl: 1,
  multicastLoopback: 1,
  multicastAll: 1,
  receivePacketInfo: 0,
  receiveTtl: 0,
  receiveTimestamp: 0,
  receiveDropCount: 0,
  receiveErrors: 0,
  receiveOffload: 0,
  busyPollUs: 0,
  kernelDrops: 0,
  unreadDrops: 0,
};

/** Three contracts for each option: get it; set it to another value and read that back; set it before bind and find it afterwards. */
export const OPTIONS: readonly Contract[] = contracts(OPTION_NAMES.flatMap(contractsOf));

function contractsOf(name: OptionName): ContractDraft[] {
  const { source, min, max, when } = optionRow(name);
  const common: Common = { access: "bare", why: `option-table.ts: ${source}`, families: name === "ipv6Only" ? [6] : [4, 6] };
  const read: ContractDraft = {
    ...common,
    id: `OPT-${name}-1`,
    title: `${name} of a fresh socket ${DEFAULTS[name] === undefined ? `is from ${min} to ${max}` : `is ${DEFAULTS[name]}`}`,
    needs: [`get ${name}`],
    run(trial) {
      const value = trial.socket().get(name);
      if (DEFAULTS[name] !== undefined) assert.equal(value, DEFAULTS[name]);
      assert.ok(Number.isInteger(value) && value >= min && value <= max, String(value));
    },
  };
  return when === "read only" ? [read, refusesToSet(name, common)] : [read, ...writes(name, common)];
}

type Common = Pick<ContractDraft, "access" | "why" | "families">;

function writes(name: OptionName, common: Common): ContractDraft[] {
  return [
    {
      ...common,
      id: `OPT-${name}-2`,
      title: `${name} can be set to another value, reads back as set, and can be set back${orRefused(name)}`,
      needs: [`set ${name}`, `get ${name}`],
      run(trial) {
        const end = trial.socket();
        const before = end.get(name);
        const value = otherValue(trial, name, before);
        assert.notEqual(value, before);
        end.set(name, value);
        assertReadsBack(end, name, value);
        if (optionRow(name).unit === "bytes") return; // reads back doubled, so the value it had is not one to set
        if (isKept(trial, name)) return assertKept(end, name, before);
        end.set(name, before);
        assert.equal(end.get(name), before);
      },
    },
    {
      ...common,
      id: `OPT-${name}-3`,
      title: `${name} set before bind is in force after it, and on no other socket`,
      needs: [`set ${name}`, `get ${name}`],
      run(trial) {
        const end = trial.socket();
        const other = trial.socket();
        const before = other.get(name);
        const value = otherValue(trial, name, before);
        end.set(name, value);
        end.bind(trial.addresses.any);
        assertReadsBack(end, name, value);
        assert.equal(other.get(name), before);
      },
    },
    ...(isBounded(name) ? [bounds(name, common)] : []),
  ];
}

function orRefused(name: OptionName): string {
  const { privilege } = optionRow(name);
  return privilege === undefined ? "" : `; without ${privilege} it is refused with EPERM and stays`;
}

function isKept({ site }: Trial, name: OptionName): boolean {
  const { privilege } = optionRow(name);
  return privilege !== undefined && site.hasPrivilege?.(privilege) === false;
}

function assertKept(end: SocketEndpoint, name: OptionName, refused: number): void {
  const value = end.get(name);
  assertOutcome(end.socket.setOption(name, refused), "EPERM");
  assert.equal(end.get(name), value);
}

/** Both ends of a range that has a meaning at both ends. */
function bounds(name: OptionName, common: Common): ContractDraft {
  const { min, max } = optionRow(name);
  return {
    ...common,
    id: `OPT-${name}-4`,
    title: `${name} takes every value from ${min} to ${max} at its ends`,
    needs: [`set ${name}`, `get ${name}`],
    run(trial) {
      for (const value of [min, max]) {
        const end = trial.socket();
        end.set(name, value);
        assert.equal(end.get(name), value);
      }
    },
  };
}

function refusesToSet(name: OptionName, common: Common): ContractDraft {
  return {
    ...common,
    id: `OPT-${name}-2`,
    title: `${name} cannot be set`,
    run(trial) {
      assert.equal(trial.can(`set ${name}`), false);
    },
  };
}

function isBounded(name: OptionName): boolean {
  const { unit } = optionRow(name);
  return unit === "hops" || unit === "byte" || unit === "boolean";
}

/** Returns a value that differs from the current one. */
function otherValue(trial: Trial, name: OptionName, value: number): number {
  const { unit } = optionRow(name);
  if (unit === "boolean") return value === 0 ? 1 : 0;
  if (unit === "bytes") return Math.max(8_192, Math.floor(value / 4)); // below what the kernel caps at
  if (unit === "index") return answered(trial.backend.network.interfaces()).find(({ flags }) => flags.loopback)!.index;
  return value === 9 ? 8 : 9;
}

/** The kernel doubles buffer sizes for its own bookkeeping, and may round them up: socket(7). */
function assertReadsBack(end: SocketEndpoint, name: OptionName, value: number): void {
  const readBack = end.get(name);
  if (optionRow(name).unit === "bytes") assert.ok(readBack >= value && readBack <= 4 * value, `${readBack} for ${value}`);
  else assert.equal(readBack, value);
}

/** Rules about more than the value of one option. */
export const OPTION_RULES: readonly Contract[] = contracts([
  {
    id: "OPT-1",
    title: "a buffer smaller than the least that the system grants reads back as that",
    access: "bare",
    needs: ["set receiveBufferBytes", "get receiveBufferBytes"],
    why: "socket(7): SOCK_MIN_RCVBUF of include/net/sock.h",
    run(trial) {
      const end = trial.socket();
      end.set("receiveBufferBytes", 1);
      assert.ok(end.get("receiveBufferBytes") > 1);
    },
  },
  {
    id: "OPT-2",
    title: "a buffer larger than the system grants is capped without an error, and reads back as granted",
    access: "bare",
    needs: ["set receiveBufferBytes", "get receiveBufferBytes"],
    why: "socket(7): net.core.rmem_max",
    run(trial) {
      const end = trial.socket();
      end.set("receiveBufferBytes", 2_000_000_000);
      assert.ok(end.get("receiveBufferBytes") < 2_000_000_000);
    },
  },
  {
    id: "OPT-3",
    title: "ipv6Only is no option of an IPv4 socket: ENOPROTOOPT, or ENOTSUP",
    access: "bare",
    families: [4],
    needs: ["set ipv6Only"],
    why: "setsockopt(2): ENOPROTOOPT, unknown at the level",
    run(trial) {
      assertOutcome(trial.socket().socket.setOption("ipv6Only", 1), "ENOPROTOOPT", "ENOTSUP", "EOPNOTSUPP", "EINVAL");
    },
  },
  {
    id: "OPT-4",
    title: "options can be set and read while datagrams are waiting",
    access: "bare",
    needs: ["set multicastTtl", "get multicastTtl"],
    why: "setsockopt(2)",
    async run(trial) {
      const end = trial.listen();
      trial.listen().write("x", end.local);
      end.set("multicastTtl", 3);
      assert.equal(end.get("multicastTtl"), 3);
      await trial.first(end);
    },
  },
]);
