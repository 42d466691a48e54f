import { channelFormat } from "./channel-format.js";
import { dnsFormat } from "./dns-format.js";
import { oscFormat } from "./osc-format.js";
import type { DecodedPayload, PayloadFormat, PayloadPorts } from "./payload-format.js";
import { rtpFormat } from "./rtp-format.js";
import { sacnFormat } from "./sacn-format.js";
import { testFormat } from "./test-format.js";

/** Formats that are decoded, in the order they are tried: those with a magic number first. */
export const PAYLOAD_FORMATS: readonly PayloadFormat[] = [testFormat, channelFormat, sacnFormat, dnsFormat, oscFormat, rtpFormat];

/** A payload of a known format. */
export interface KnownPayload extends DecodedPayload {
  /** Name of the format, such as `"rtp"`. */
  readonly format: string;
}

/**
 * Decodes the payload of a datagram by its content and its port numbers: numbered datagrams of `groupcast send`, packets of channels, sACN,
 * DNS and mDNS, OSC, RTP. Never throws, and its result is bounded, whatever the bytes are.
 *
 * @returns The decoded payload; undefined if no format fits.
 */
export function decodePayload(bytes: Buffer, ports: PayloadPorts): KnownPayload | undefined {
  for (const { name, decode } of PAYLOAD_FORMATS) {
    const decoded = decode(bytes, ports);
    if (decoded !== undefined) return { format: name, ...decoded };
  }
  return undefined;
}
