/** The arguments of a measured program: a role, then `name=value`. */
const [, , roleArgument = "", ...rest] = process.argv;
const given = new Map(rest.map((text) => text.split("=", 2) as [string, string]));

export const role: string = roleArgument;

/** The number `name=…`; `fallback` when it is not given. */
export function numberArgument(name: string, fallback: number): number {
  return Number(given.get(name) ?? fallback);
}

/** `to=address:port,address:port`. */
export function destinations(): { readonly address: string; readonly port: number }[] {
  return (given.get("to") ?? "").split(",").map((text) => {
    const [address, port] = text.split(":");
    return { address: address!, port: Number(port) };
  });
}

/** The `n`-th group that programs join. */
export function groupName(n: number): string {
  return `239.255.${2 + Math.floor(n / 250)}.${1 + (n % 250)}`;
}

/** The groups to join: `groups=` of them. */
export function groups(): string[] {
  return Array.from({ length: numberArgument("groups", 0) }, (_, n) => groupName(n));
}

/** User and system time of this process. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Tells the runner the ports, and that it may begin. */
export function sayReady(ports: readonly number[] = []): void {
  console.log(["ready", ...ports].join(" "));
}

/** Tells the runner what was measured. */
export function sayResult(figures: Readonly<Record<string, number>>): void {
  console.log(["result", ...Object.entries(figures).map(([name, value]) => `${name}=${value}`)].join(" "));
}
