// A backend that wraps another: it has a name of its own, and the errors that come through it name the one inside.
import type { DatagramBackend } from "@groupcast/backend";
import { CONTRACTS, runContract } from "@groupcast/backend-compliance";
import { expect, test } from "vitest";
import { openMemorySite } from "./support/memory-site.js";

/** Passes everything through but the name. */
function wrapped(inner: DatagramBackend): DatagramBackend {
  return {
    name: "wrapper",
    reason: `it wraps ${inner.name}`,
    capabilities: inner.capabilities,
    network: inner.network,
    openSocket: (family, observer) => inner.openSocket(family, observer),
    adoptSocket: (fd, observer, family) => inner.adoptSocket(fd, observer, family),
  };
}

const { capabilities } = openMemorySite().backend;
const lacking = CONTRACTS.filter(({ needs, access }) => access !== "reactor" && needs.some((capability) => !capabilities.has(capability)));

test("some contract needs what the network in memory lacks", () => {
  expect(lacking).not.toEqual([]);
});

test.each(lacking.map(({ id }) => id))("%s takes the refusal of the backend that is wrapped", async (id) => {
  const contract = lacking.find((each) => each.id === id)!;
  for (const family of contract.families) {
    await runContract(contract, { family, access: "bare", openSite: () => openMemorySite(wrapped) });
  }
});
