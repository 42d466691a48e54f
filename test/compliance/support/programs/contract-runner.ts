// Tries contracts inside a namespace: reads ids from standard input, prints what became of them. Arguments: a JSON object.
import { createInterface } from "node:readline";
import type { Family } from "@groupcast/backend";
import { type Access, type ContractId, contractOf, runnerFor } from "@groupcast/backend-compliance";
import { type HostBackend, openNamespaceSite } from "../host-site.js";
import { reactorEndpoints } from "../reactor-endpoints.js";

interface Arguments {
  readonly backend: HostBackend;
  readonly family: Family;
  readonly access: Access;
  readonly interfaces: readonly string[];
  readonly farSide: string;
  readonly foreignSockets: readonly { readonly fd: number; readonly port: number }[];
}

const { backend, family, access, ...facts } = JSON.parse(process.argv[2] ?? "{}") as Arguments;
const foreignSockets = facts.foreignSockets.map((socket) => ({ ...socket, family }));
const runner = runnerFor({
  family,
  access,
  openSite: () => openNamespaceSite(backend, { ...facts, foreignSockets }),
  ...(access === "reactor" && { makeEndpoints: reactorEndpoints }),
});

for await (const line of createInterface({ input: process.stdin })) {
  const { id } = JSON.parse(line) as { id: ContractId };
  print({ id, ...(await verdict(id)) });
}

async function verdict(id: ContractId): Promise<object> {
  try {
    return await runner.run(contractOf(id));
  } catch (error) {
    return { state: "broken", message: String(error), stack: error instanceof Error ? error.stack : "" };
  }
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
