import { type BlockList, isIPv6 } from "node:net";
import { nodeError } from "../arguments/node-errors.js";

/** Returns the error for sending to an address that is blocked. */
export function blockedError(blockList: BlockList | undefined, address: string | undefined): Error | undefined {
  if (blockList === undefined || address === undefined) return undefined;
  return blockList.check(address, isIPv6(address) ? "ipv6" : "ipv4") ? nodeError("ERR_IP_BLOCKED", address) : undefined;
}
