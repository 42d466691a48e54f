// Loses datagrams on their way into a host, by a rule of nftables: this kernel may lack netem, nft(8) is everywhere.
import type { Namespace } from "./namespace.js";

const PRIORITY_RAW = -300; // before everything else in the IP stack; a capture sees the datagram still

/** Which datagrams get lost. */
export type LossOptions = {
  /** Expression of nft(8): "udp dport 5000". Default: every UDP datagram. */
  readonly matching?: string;
} & (
  | { /** At random, 0 … 100. */ readonly percent: number }
  | { /** Each n-th, beginning with the first: the same ones in each run. */ readonly every: number }
);

export class Loss implements AsyncDisposable {
  static #count = 0;
  readonly #namespace: Namespace;
  readonly #table: string;

  private constructor(namespace: Namespace, table: string) {
    this.#namespace = namespace;
    this.#table = table;
  }

  static async start(namespace: Namespace, options: LossOptions): Promise<Loss> {
    Loss.#count += 1;
    const table = `loss${Loss.#count}`;
    const chain = `type filter hook prerouting priority ${PRIORITY_RAW};`;
    const rule = `${options.matching ?? "meta l4proto udp"} ${chanceOf(options)} counter name lost drop;`;
    const rules = `table inet ${table} { counter lost {}; chain arriving { ${chain} ${rule} }; }`;
    await namespace.exec("nft", ["-f", "-"], rules);
    return new Loss(namespace, table);
  }

  /** How many datagrams it has lost. */
  async lost(): Promise<number> {
    const output = await this.#namespace.exec("nft", ["-j", "list", "counter", "inet", this.#table, "lost"]);
    const { nftables } = JSON.parse(output) as { nftables: readonly { readonly counter?: { readonly packets: number } }[] };
    return nftables.find((row) => row.counter !== undefined)?.counter?.packets ?? 0;
  }

  /** Loses nothing any more. */
  async stop(): Promise<void> {
    await this.#namespace.exec("nft", ["delete", "table", "inet", this.#table]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

function chanceOf(options: LossOptions): string {
  if ("every" in options) return options.every === 1 ? "" : `numgen inc mod ${options.every} == 0`;
  return options.percent === 100 ? "" : `numgen random mod 100 < ${options.percent}`; // nft refuses what is always true
}
