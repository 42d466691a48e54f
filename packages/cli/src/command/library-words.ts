/**
 * Returns what an error of a library says, without the name of the function that refused: people type words, and call nothing.
 * `diagnose(): address "x" is …` and `listenMulticast() failed for address "x": …` both become `address "x" …`.
 */
export function withoutOperation({ message, operation }: Error & { readonly operation?: unknown }): string {
  if (typeof operation !== "string") return message;
  const call = `${operation}()`;
  const prefix = [`${call} failed for `, `${call} failed: `, `${call}: `].find((words) => message.startsWith(words));
  return prefix === undefined ? message : message.slice(prefix.length);
}
