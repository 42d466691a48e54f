// Memberships whose interface the kernel chose, on dgram, which cannot tell which one that is: each is left where it is, and no other one is.
import { expect, test } from "vitest";
import { canMakeNamespaces, hasCommand, isRoot, skipUnless } from "../support/probe.js";
import { runAttack } from "./support/attack-program.js";

/** Interfaces that have the group after each step of each case: see the program. */
const MEMBERS = {
  "the route goes elsewhere": ["va", "va", "", "vb", ""],
  "the route is gone": ["va", "va", "", "", "va", ""],
  "beside a named interface": ["va", "va,vb", "vb", ""],
  "the route goes to a named interface": ["va", "va,vb", "va,vb", "vb", ""],
  "the interface is named, too, and the one without is left": ["va", "va", "va", ""],
  "the interface is named, too, and left": ["va", "va", "va", ""],
  "the interface is down": ["va", "va", "", ""],
};

const MOVED = "a new interface takes the route";
const MOVED_BESIDE = "a new interface takes the route, beside a named one";

test.for([
  // IPv4 joins on one interface more.
  [4, { [MOVED]: ["va", "va,vc", ""], [MOVED_BESIDE]: ["va", "va,vb", "va,vb,vd", "vb", ""] }],
  [6, { [MOVED]: ["va", "vc", ""], [MOVED_BESIDE]: ["va", "va,vb", "va,vb", "vb", ""] }],
] as const)("IPv%i", async ([family, moved], context) => {
  await skipUnless(context, isRoot, hasCommand("ip", "iproute2"), canMakeNamespaces);
  const outcome = await runAttack("unnamed-membership.ts", [String(family)], { under: ["unshare", "--net"] });
  expect(outcome).toEqual({ strays: [], outcomes: { ...MEMBERS, ...moved } });
});
