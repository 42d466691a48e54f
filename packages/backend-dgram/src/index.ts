export { DgramBackend, type DgramBackendOptions } from "./dgram-backend.js";
export type { DgramSocket } from "./dgram-socket.js";
