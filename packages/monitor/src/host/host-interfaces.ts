import type { NetworkInterface } from "@groupcast/backend";
import type { InterfaceTraffic } from "@groupcast/diagnosis";
import type { Rates } from "../rates.js";
import type { InterfaceSample } from "../sample.js";

const MOST_ADDRESSES = 4;
/** Returns the interfaces of a host with their rates. Those whose counters could not be read are left out: zeros would look like silence. */
export function hostInterfaces(
  interfaces: readonly NetworkInterface[],
  traffic: readonly InterfaceTraffic[],
  rates: Rates,
): readonly InterfaceSample[] {
  const byName = new Map(traffic.map((one) => [one.name, one]));
  return interfaces.flatMap(({ name, flags, addresses }) => {
    const counts = byName.get(name);
    if (counts === undefined) return [];
    const rate = (counter: Exclude<keyof InterfaceTraffic, "name">) => rates.of(`${name} ${counter}`, counts[counter]);
    return {
      name,
      isUp: flags.up && flags.running,
      addresses: addresses.slice(0, MOST_ADDRESSES).map(({ address }) => address),
      receivedPerSecond: rate("received"),
      receivedBytesPerSecond: rate("receivedBytes"),
      multicastPerSecond: rate("multicast"),
      sentPerSecond: rate("sent"),
      sentBytesPerSecond: rate("sentBytes"),
      errors: counts.receiveErrors + counts.sendErrors,
      drops: counts.receiveDrops + counts.sendDrops,
      dropsPerSecond: rate("receiveDrops") + rate("sendDrops"),
    };
  });
}
