import type { Command } from "./command.js";

/** A command with the words after its name, or the names that the first words may be completed to. */
export type FoundCommand =
  | { readonly command: Command; readonly rest: readonly string[] }
  | { readonly command: undefined; readonly names: readonly string[] };

/**
 * Returns the command that a command line begins with. Names may have two words, such as `channels list`; of one without its second word,
 * and with a second word that is none, the names are those that begin with the first.
 */
export function findCommand(commands: readonly Command[], words: readonly string[]): FoundCommand {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const command = commands.find((each) => each.name === name && name !== "");
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  const names = commands.map(({ name }) => name);
  const group = names.filter((name) => name.startsWith(`${words[0]} `));
  return { command: undefined, names: group.length > 0 ? group : names };
}
