import type { MonitorSample } from "@groupcast/monitor";
import { Refusal } from "../command/refusal.js";

/** Checks that a sample shows anything, or that there is more to show. @throws Refusal with the reason why nothing can be seen. */
export function checkSight({ ports, groups, interfaces, limits }: MonitorSample, hasMore: boolean): void {
  if (hasMore || limits.length === 0 || ports.length + groups.length + interfaces.length > 0) return;
  throw new Refusal(`the monitor can see nothing here. ${limits.join(" ")} Name groups to listen to: groupcast monitor 239.1.2.3:5000`);
}
