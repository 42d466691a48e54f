export { Refusal } from "./command/refusal.js";
export { type CommandHost, main } from "./main.js";
export { filePieces, type Payloads, testDatagrams, texts } from "./sending/payloads.js";
export { type SendPlan, sendDatagrams } from "./sending/send-datagrams.js";
export type { SendReport } from "./sending/send-tally.js";
