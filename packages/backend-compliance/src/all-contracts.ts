import type { Contract } from "./contract.js";
import type { ContractId } from "./contract-id.js";
import { ADDRESSES } from "./contracts/addresses.js";
import { ARRIVALS } from "./contracts/arrivals.js";
import { CLOSING } from "./contracts/closing.js";
import { DISCONNECTING } from "./contracts/disconnecting.js";
import { ERRORS } from "./contracts/errors.js";
import { GROUP_SOCKETS } from "./contracts/group-sockets.js";
import { INTERFACES } from "./contracts/interfaces.js";
import { ISOLATED } from "./contracts/isolation.js";
import { LOCAL_ADDRESSES } from "./contracts/local-addresses.js";
import { MEMBERSHIP } from "./contracts/membership.js";
import { MULTICAST_SENDING } from "./contracts/multicast-sending.js";
import { OPEN_OPTIONS } from "./contracts/open-options.js";
import { OPENING } from "./contracts/opening.js";
import { OPTION_RULES, OPTIONS } from "./contracts/options.js";
import { OUTGOING_INTERFACES } from "./contracts/outgoing-interfaces.js";
import { PEERS } from "./contracts/peers.js";
import { READING } from "./contracts/reading.js";
import { RECEIVING } from "./contracts/receiving.js";
import { REFUSING_ROUTES } from "./contracts/refusing-routes.js";
import { RESOURCES } from "./contracts/resources.js";
import { SEND_BATCHES } from "./contracts/send-batches.js";
import { SENDING } from "./contracts/sending.js";
import { SOURCES } from "./contracts/sources.js";
import { STEERING } from "./contracts/steering.js";

/** All contracts, in the order of the document. */
export const CONTRACTS: readonly Contract[] = [
  ...OPENING,
  ...CLOSING,
  ...ADDRESSES,
  ...LOCAL_ADDRESSES,
  ...STEERING,
  ...READING,
  ...RECEIVING,
  ...ARRIVALS,
  ...SENDING,
  ...SEND_BATCHES,
  ...PEERS,
  ...DISCONNECTING,
  ...MEMBERSHIP,
  ...GROUP_SOCKETS,
  ...ISOLATED,
  ...SOURCES,
  ...MULTICAST_SENDING,
  ...OUTGOING_INTERFACES,
  ...INTERFACES,
  ...REFUSING_ROUTES,
  ...OPTIONS,
  ...OPTION_RULES,
  ...OPEN_OPTIONS,
  ...ERRORS,
  ...RESOURCES,
];

const BY_ID = new Map(CONTRACTS.map((contract) => [contract.id, contract]));
if (BY_ID.size !== CONTRACTS.length) throw new Error("two contracts have the same id");

/** Returns the contract with that id. @throws RangeError when there is none. */
export function contractOf(id: ContractId): Contract {
  const contract = BY_ID.get(id);
  if (contract === undefined) throw new RangeError(`there is no contract ${id}`);
  return contract;
}
