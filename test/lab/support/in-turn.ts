/** Does something to each item, one after another. */
export async function inTurn<T>(items: readonly T[], act: (item: T, position: number) => Promise<unknown>): Promise<void> {
  for (const [position, item] of items.entries()) await act(item, position);
}
