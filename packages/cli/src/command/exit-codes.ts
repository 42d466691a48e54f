/** Exit codes of `groupcast`: name → number and meaning. The table of the manual and of `--help`. */
export const EXIT_CODES = {
  done: { code: 0, meaning: "done; a check found nothing wrong, a wait got what it waited for" },
  negative: { code: 1, meaning: "done, with a negative result: a cause was found, nobody answered, nothing arrived" },
  usage: { code: 2, meaning: "the command line is wrong; standard error says what to type" },
  refused: { code: 3, meaning: "the system refused: no permission, port in use, file not readable; standard error says what to do" },
  interrupted: { code: 130, meaning: "ended by a second Ctrl-C, without a summary" },
} as const;

/** Name of an exit code. */
export type Exit = keyof typeof EXIT_CODES;
