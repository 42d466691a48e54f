import { HOSTILE_THENABLES, HOSTILE_VALUES } from "./hostile-values.js";

/** Functions that throw each hostile value, reject with it, or return a hostile thenable, each with its name. */
export const WEAPONS: readonly (readonly [name: string, fire: () => unknown])[] = [
  ...Object.entries(HOSTILE_VALUES).map(([name, make]): [string, () => unknown] => [
    `throws ${name}`,
    () => {
      throw make();
    },
  ]),
  ...Object.entries(HOSTILE_VALUES).map(([name, make]): [string, () => unknown] => [
    `rejects with ${name}`,
    async () => Promise.reject(make()),
  ]),
  ...Object.entries(HOSTILE_THENABLES).map(([name, make]): [string, () => unknown] => [`returns ${name}`, make]),
];
