// Tries on loopback, in this process, each contract of the native backend that asks nothing of its host, and prints the verdicts as JSON.
import { CONTRACTS, isAbout, runnerFor } from "@groupcast/backend-compliance";
import { openHostSite } from "../host-site.js";

const verdicts: object[] = [];
for (const family of [4, 6] as const) {
  const runner = runnerFor({ family, access: "bare", openSite: () => openHostSite("native", family, false) });
  for (const contract of CONTRACTS.filter(({ host }) => host.length === 0)) {
    if (!isAbout(contract, runner)) continue;
    const verdict = await runner.run(contract).catch((error: unknown) => ({ state: "broken", reason: String(error) }));
    verdicts.push({ id: contract.id, family, ...verdict });
  }
}
process.stdout.write(JSON.stringify(verdicts), () => process.exit());
