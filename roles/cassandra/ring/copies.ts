/** Copies of system tables for a ring of so many nodes: three, but one less than nodes, so that one may always leave. */
export function systemFactor(nodes: number): number {
  return Math.max(1, Math.min(3, nodes - 1))
}

/** Keyspaces the server makes by itself and replicates; their copies are nobody's choice. */
export const systemKeyspaces: readonly string[] = ['system_auth', 'system_distributed', 'system_traces']
