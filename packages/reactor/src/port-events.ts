import type { EventTable } from "@groupcast/base";
import type { PortEvents } from "./transport.js";

/** Events of a port. */
export const PORT_EVENTS: EventTable<PortEvents> = {
  closed: "the port has closed",
  drain: "the send queue, which had refused a datagram, is empty",
  dropped: "the full send queue refused a datagram",
  sendFailed: "a datagram that write took did not leave",
  refused: "nobody listens at the peer",
  membership: "a membership was joined, lost, or waits",
  outgoingInterface: "the outgoing interface is active, lost, or waited for",
  error: "user code threw, or reading failed",
};
