import { sendCommand } from "../sending/send-command.js";
import type { Command } from "./command.js";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [sendCommand];
