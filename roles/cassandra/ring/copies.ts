/**
 * Copies of the keyspaces the server makes by itself and replicates, whatever the number of nodes: accounts are on every node of a
 * ring of up to five, so that any of them lets everybody in when it is the last one. More copies than nodes are allowed: a node that
 * joins streams all of it, one that leaves takes nothing away, and nothing need be raised, lowered or repaired meanwhile.
 */
export const systemCopies = { system_auth: 5, system_distributed: 3, system_traces: 3 } as const

export const systemKeyspaces: readonly string[] = Object.keys(systemCopies)
