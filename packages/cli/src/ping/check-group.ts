import { isIP } from "node:net";
import { isMulticast } from "@groupcast/backend";
import { checkString, outOfRange } from "@groupcast/base";
import { addressBytes, addressText } from "./address-bytes.js";

/** Returns the IP literal of a group in its shortest spelling, without zone. @throws InvalidArgumentError. */
export function checkGroup(operation: string, value: unknown): string {
  const group = checkString(operation, "group", value);
  if (isIP(group) === 0 || !isMulticast(group)) {
    throw outOfRange(operation, "group", group, "an address from 224.0.0.0 to 239.255.255.255, or one that begins with ff");
  }
  return addressText(addressBytes(group));
}
