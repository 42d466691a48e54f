/** The shape of every kind of load of the soak, and the addresses they share. */
import type { Account } from "./account.js";

export const LOCALHOST = "127.0.0.1";
export const LOOPBACK = "lo";
/** Nobody listens here: system programs have other numbers, and free numbers are given from 32,768 on. */
export const CLOSED_PORT = 1009;
/** As large as an ordinary user may have it. */
export const RECEIVE_BUFFER_BYTES = 212_992;

export interface Load {
  /** Does some work, and returns. Called some fifty times a second. */
  turn(): void;
  /** Returns where everything is that it has sent so far. */
  accounts(): readonly Account[];
}
