/** Port of the Multicast Ping Protocol (RFC 6450; assigned by IANA). */
export const PING_PORT = 9903;

/** Port of ssmpingd 0.9. */
export const SSMPING_PORT = 4321;
