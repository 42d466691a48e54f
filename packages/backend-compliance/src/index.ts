export { CONTRACTS, contractOf } from "./all-contracts.js";
export type { Contract } from "./contract.js";
export { AREAS, type Area, areaOf, type ContractId } from "./contract-id.js";
export { type ContractRunner, describeContracts, runnerFor, type TestContext, type TestRunner } from "./describe-contracts.js";
export { DIVERGENCES, type Divergence } from "./divergences.js";
export { addressesOf, type FamilyAddresses, groupFor } from "./endpoint/addresses-of.js";
export type {
  Access,
  Arrived,
  Destination,
  Endpoint,
  EndpointOptions,
  EndpointSource,
  Loss,
  MakeEndpoints,
  OpeningGroup,
} from "./endpoint/endpoint.js";
export { answered, Refusal } from "./endpoint/refusal.js";
export { bareEndpoints, type ReadFailure, SocketEndpoint } from "./endpoint/socket-endpoint.js";
export { isAbout, runContract, type Subject, type Verdict } from "./run-contract.js";
export { LeftoverError } from "./site/leftovers.js";
export { loopbackSite } from "./site/loopback-site.js";
export { hasPrivilege, privileges } from "./site/privilege.js";
export type { ForeignSocket, InterfaceControl, RefusingRoute, RouteControl, Site } from "./site/site.js";
export { realClock, type TrialClock } from "./site/trial-clock.js";
export { HOST_NEEDS, type HostNeed, type Occasion } from "./trial/host-needs.js";
export { isJudgement } from "./trial/judgement.js";
export { type EndpointPair, type Fence, Trial, type TrialSetting } from "./trial/trial.js";
