import { channelsEchoCommand } from "./channels/echo-command.js";
import { channelsListCommand } from "./channels/list-command.js";
import { channelsBwCommand, channelsDelayCommand, channelsHzCommand } from "./channels/measure-commands.js";
import type { Command } from "./command/command.js";
import { doctorCommand } from "./diagnosing/doctor-command.js";
import { interfacesCommand } from "./diagnosing/interfaces-command.js";
import { listenCommand } from "./listening/listen-command.js";
import { recordCommand } from "./listening/record-command.js";
import { monitorCommand } from "./monitoring/monitor-command.js";
import { pingCommand } from "./ping/ping-command.js";
import { replayCommand } from "./replaying/replay-command.js";
import { sendCommand } from "./sending/send-command.js";

/** All commands, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  doctorCommand,
  interfacesCommand,
  listenCommand,
  monitorCommand,
  sendCommand,
  pingCommand,
  recordCommand,
  replayCommand,
  channelsListCommand,
  channelsEchoCommand,
  channelsHzCommand,
  channelsBwCommand,
  channelsDelayCommand,
];
