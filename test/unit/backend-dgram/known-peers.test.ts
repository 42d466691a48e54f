import { expect, test } from "vitest";
import { KnownPeers } from "../../../packages/backend-dgram/src/known-peers.js";

const MAX_PEERS = 1024;

test("find() gives a peer one object for as long as there are not too many others, and then another with the same contents", () => {
  const peers = new KnownPeers();
  const first = peers.find("192.0.2.1", 1);
  for (let port = 2; port <= MAX_PEERS; port++) peers.find("192.0.2.1", port);
  expect(peers.find("192.0.2.1", 1)).toBe(first);
  peers.find("192.0.2.1", MAX_PEERS + 1);
  expect(peers.find("192.0.2.1", 1)).not.toBe(first);
  expect(peers.find("192.0.2.1", 1)).toEqual(first);
});
