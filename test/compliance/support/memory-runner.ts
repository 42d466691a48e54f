import type { Family } from "@groupcast/backend";
import { type Access, type ContractRunner, runnerFor } from "@groupcast/backend-compliance";
import { openMemorySite } from "./memory-site.js";
import { reactorEndpoints } from "./reactor-endpoints.js";

/** Contracts on a network in memory, here in this process. */
export function memoryRunner(family: Family, access: Access): ContractRunner {
  const openSite = (): ReturnType<typeof openMemorySite> => openMemorySite();
  return runnerFor({ family, access, openSite, ...(access === "reactor" && { makeEndpoints: reactorEndpoints }) });
}
