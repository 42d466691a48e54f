import type { EventTable } from "@groupcast/base";
import type { PortEvents } from "./transport.js";

/** Events of a port. */
export const PORT_EVENTS: EventTable<PortEvents> = {
  closed: "the port has closed",
  drain: "the send queue, which had refused a datagram, is empty",
  dropped: "the full send queue refused a datagram",
  sendFailed: "a datagram that write accepted was not sent",
  refused: "nobody listens at the peer",
  membership: "a membership is active, was lost, or waits",
  outgoingInterface: "the outgoing interface became active, was lost, or is awaited",
  error: "user code threw, or reading failed",
};
