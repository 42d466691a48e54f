export { type CommandHost, main } from "./command/main.js";
