import type { Fleet } from '../../engine/inventory/types.ts'
import { inject, type InjectOptions } from './inject.ts'
import type { Fault, FaultKind } from './kinds.ts'
import { prove } from './prove.ts'
import type { Proof } from './proofs/proof.ts'

/** Something else may look like these: a host that was down before proves no power cut. The others are measured against a figure. */
const alike: readonly FaultKind[] = ['kill', 'pause', 'power', 'cut', 'partition', 'fill-disk', 'read-only', 'dead-disk', 'change-host-key']

export interface Injected {
  /** To heal it by. */
  readonly id: string
  readonly proofs: readonly Proof[]
}

/** Injects a fault and measures that it is in force, and that it was not so before. */
export async function injectProven(fleet: Fleet, fault: Fault, options: InjectOptions = {}): Promise<Injected> {
  const before = alike.includes(fault.kind) ? await prove(fleet, fault) : []
  const id = await inject(fleet, fault, options)
  return { id, proofs: newly(before, await prove(fleet, fault)) }
}

/** Proofs of which those do not count that would have been given before, too. */
export function newly(before: readonly Proof[], after: readonly Proof[]): readonly Proof[] {
  const old = new Set(before.filter(({ took }) => took).map(({ host }) => host))
  return after.map(proof => (old.has(proof.host) ? { ...proof, took: false, measured: `${proof.measured}, but so it was before` } : proof))
}
