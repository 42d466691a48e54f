import type { NetworkInterface } from "@groupcast/backend";
import type { InterfaceTraffic } from "@groupcast/diagnosis";
import type { Rates } from "../rates.js";
import type { InterfaceSample } from "../sample.js";

const MOST_ADDRESSES = 4;
const NO_TRAFFIC: Omit<InterfaceTraffic, "name"> = {
  receivedBytes: 0,
  received: 0,
  multicast: 0,
  receiveErrors: 0,
  receiveDrops: 0,
  sentBytes: 0,
  sent: 0,
  sendErrors: 0,
  sendDrops: 0,
};

/** Returns the interfaces of a host with their rates. One whose counters could not be read has none. */
export function hostInterfaces(
  interfaces: readonly NetworkInterface[],
  traffic: readonly InterfaceTraffic[],
  rates: Rates,
): readonly InterfaceSample[] {
  const byName = new Map(traffic.map((one) => [one.name, one]));
  return interfaces.map(({ name, flags, addresses }) => {
    const counts = byName.get(name) ?? NO_TRAFFIC;
    const rate = (counter: keyof typeof NO_TRAFFIC) => rates.of(`${name} ${counter}`, counts[counter]);
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
