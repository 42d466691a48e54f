import { checkLinkOptions, isPlain, LinkModel, type LinkOptions } from "./link-model.js";
import type { Random } from "./random.js";

/** The cable between a port and its switch; each direction has its own queue and its own random numbers. */
export class Cable {
  readonly #random: Random;
  readonly #label: string; // names its streams of chance
  #options: LinkOptions = {};
  #up: LinkModel | undefined;
  #own: readonly LinkModel[] = [];
  #switchPort: readonly LinkModel[] = [];
  #down: readonly LinkModel[] = [];

  constructor(random: Random, label: string) {
    this.#random = random;
    this.#label = label;
  }

  /** Port → switch; undefined where nothing happens to what passes. */
  get up(): LinkModel | undefined {
    return this.#up;
  }

  /** Switch → port: the conditions of the switch, then those of the cable; empty where nothing happens. */
  get down(): readonly LinkModel[] {
    return this.#down;
  }

  /** Replaces the conditions of the cable itself. */
  setLink(options: LinkOptions): void {
    checkLinkOptions(options, "setLink");
    this.#options = options;
    const isPerfect = isPlain(options) && (options.delayMs ?? 0) === 0;
    this.#up = isPerfect ? undefined : this.#model("up");
    this.#own = isPerfect ? [] : [this.#model("down")];
    this.#down = [...this.#switchPort, ...this.#own];
  }

  /** Takes over the conditions of the switch; undefined where it treats all ports alike. */
  setSwitchLink(options: LinkOptions | undefined): void {
    this.#switchPort = options === undefined ? [] : [new LinkModel(options, this.#random.fork(`${this.#label}/switch`))];
    this.#down = [...this.#switchPort, ...this.#own];
  }

  #model(direction: string): LinkModel {
    return new LinkModel(this.#options, this.#random.fork(`${this.#label}/${direction}`));
  }
}
