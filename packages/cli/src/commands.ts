import type { Command } from "./command/command.js";
import { sendCommand } from "./sending/send-command.js";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [sendCommand];
