/** A link that hosts and routers share, as packets and routes refer to it. */
export interface Segment {
  readonly name: string;
  /** Whether anybody attached to it has joined `group`. */
  hasMembers(group: string): boolean;
}
