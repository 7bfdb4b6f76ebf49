/** Keyspaces of the server's own that are replicated like data. */
export const systemKeyspaces = ['system_auth', 'system_distributed', 'system_traces'] as const

/** Copies of them in a ring of so many nodes: one less than nodes, 3 at most, so that a node may always leave. */
export function systemFactor(nodes: number): number {
  return Math.max(1, Math.min(3, nodes - 1))
}
