/** Copies of system tables for a ring of so many nodes: three, but one less than nodes, so that one may always leave. */
export function systemFactor(nodes: number): number {
  return Math.max(1, Math.min(3, nodes - 1))
}

/** Keyspaces the server makes by itself and replicates; their copies are nobody's choice. */
export const systemKeyspaces: readonly string[] = ['system_auth', 'system_distributed', 'system_traces']

/** Copies of what the server keeps itself, on a ring of any size: five of the accounts, so that each of up to five nodes has all of them. */
export const systemCopies = { system_auth: 5, system_distributed: 3, system_traces: 3 } as const
