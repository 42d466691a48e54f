// Programs without any Linux capability: what an ordinary user's are to the kernel (capabilities(7)).
import { privileges } from "@groupcast/backend-compliance";

const WITHOUT_ANY = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]; // what root gets at exec is within the bounding set

/** Returns the command line that runs a program without capabilities. */
export function unprivileged(command: readonly string[]): readonly string[] {
  return privileges() === 0n ? command : [...WITHOUT_ANY, ...command];
}
