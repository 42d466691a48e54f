const NAMES = { bun: "Bun", deno: "Deno" } as const;

/** Returns the name and version of a runtime that only resembles Node.js, such as "Bun 1.4.5"; `undefined` on Node.js itself. */
export function foreignRuntime(): string | undefined {
  for (const [key, name] of Object.entries(NAMES)) {
    const version = process.versions[key];
    if (version !== undefined) return `${name} ${version}`;
  }
  return undefined;
}
