import type { Family } from "@groupcast/backend";
import { type Access, type Bench, benchFor } from "@groupcast/backend-compliance";
import { openMemorySite } from "./memory-site.js";
import { reactorEndpoints } from "./reactor-endpoints.js";

/** Contracts on a network in memory, here in this process. */
export function memoryBench(family: Family, access: Access): Bench {
  const openSite = (): ReturnType<typeof openMemorySite> => openMemorySite();
  return benchFor({ family, access, openSite, ...(access === "reactor" && { makeEndpoints: reactorEndpoints }) });
}
