/** The arguments of a measured program: a role, then `name=value`. */
const [, , roleArgument = "", ...rest] = process.argv;
const given = new Map(rest.map((text) => text.split("=", 2) as [string, string]));

export const role: string = roleArgument;

/** Returns the number of the argument `name=…`; `fallback` when it is not given. */
export function numberArgument(name: string, fallback: number): number {
  return Number(given.get(name) ?? fallback);
}

/** Returns the text of the argument `name=…`; `fallback` when it is not given. */
export function textArgument(name: string, fallback: string): string {
  return given.get(name) ?? fallback;
}

/** Returns the destinations of the argument `to=address:port,[address of IPv6]:port`. */
export function destinations(): { readonly address: string; readonly port: number }[] {
  return (given.get("to") ?? "").split(",").map((text) => {
    const colon = text.lastIndexOf(":");
    return { address: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
  });
}

/** Address that ports for unicast are bound to. */
export const host: string = textArgument("host", "127.0.0.1");

/** Returns the `n`-th group that programs join. */
export function groupName(n: number): string {
  return `239.255.${2 + Math.floor(n / 250)}.${1 + (n % 250)}`;
}

/** Returns the groups to join, as many as the argument `groups=` says. */
export function groups(): string[] {
  return Array.from({ length: numberArgument("groups", 0) }, (_, n) => groupName(n));
}

/** Returns user and system time of this process. */
export function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Keeps this thread from doing anything for so long, at no cost in CPU. */
export function block(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}

/** Reports the ports to the runner, which then begins. */
export function sayReady(ports: readonly number[] = []): void {
  console.log(["ready", ...ports].join(" "));
}

/** Reports the result to the runner. */
export function sayResult(figures: Readonly<Record<string, number>>): void {
  console.log(["result", ...Object.entries(figures).map(([name, value]) => `${name}=${value}`)].join(" "));
}
