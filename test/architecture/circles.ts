/** Node → the nodes that it has arrows to. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** Returns every set of nodes that are in a circle together, each sorted. */
export function circlesOf(graph: Graph): string[][] {
  const reach = new Map([...graph.keys()].map((node) => [node, reachedFrom(graph, node)]));
  const seen = new Set<string>();
  return [...graph.keys()].flatMap((node) => {
    if (seen.has(node) || !reach.get(node)!.has(node)) return [];
    const circle = [...reach.get(node)!].filter((other) => reach.get(other)?.has(node) === true);
    for (const other of circle) seen.add(other);
    return [circle.sort()];
  });
}

/** Nodes that can be reached from `start` by one arrow or more. */
function reachedFrom(graph: Graph, start: string): Set<string> {
  const reached = new Set<string>();
  const open = [...(graph.get(start) ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    open.push(...(graph.get(node) ?? []));
  }
  return reached;
}
