import { findModel, type ModelName } from '../engine/inventory/models.ts'
import type { Fleet, Host } from '../engine/inventory/types.ts'
import { LabError } from './errors.ts'
import { isForeign } from './root/architecture.ts'

/** What a virtual Pi may use of the machine, and what it believes to be. */
export interface Limits {
  /** Bytes. */
  readonly memory: number
  /** Share of one core of this machine, over all its processes; 1.5 is one and a half cores. */
  readonly cpu: number
  /** Microseconds after which its share of a core starts anew; 20,000 unless told. */
  readonly period?: number
  /** Cores the Pi believes to have. */
  readonly cores: number
  /** Why these figures, in a few words. */
  readonly why: string
}

/**
 * Default share of one machine core by model. Real boards lie further apart (a Pi 5 does some 75 times the work of a Pi 1): the shares
 * keep their order and leave the slowest usable and the whole lab within a small machine.
 */
const shares: Readonly<Record<ModelName, number>> = {
  rpi1b: 0.15,
  'rpi1b+': 0.15,
  rpizero: 0.15,
  rpizerow: 0.15,
  rpizero2w: 0.4,
  rpi2b: 0.4,
  rpi3b: 0.6,
  'rpi3b+': 0.8,
  'rpi4-1g': 1.2,
  'rpi4-2g': 1.2,
  'rpi4-4g': 1.2,
  'rpi4-8g': 1.2,
  'rpi5-2g': 1.6,
  'rpi5-4g': 1.6,
  'rpi5-8g': 1.6,
  'rpi5-16g': 1.6,
}

/** Emulation of a foreign processor is the slowdown already: these hosts get a core of their own to lose it on. */
const foreignShare = 1

/** What a host without a model is taken for. */
export const defaultModel: ModelName = 'rpi3b+'

/**
 * The limits of a host: the inventory's own `lab.cpu` and `lab.memory`, else the model's.
 * @throws LabError for a model nobody knows.
 */
export function limitsOf(host: Pick<Host, 'name' | 'model' | 'arch' | 'lab'>): Limits {
  const name = (host.model ?? defaultModel) as ModelName
  const model = findModel(name)
  if (!model) throw new LabError(`Host ${host.name}: no model called ${name}.`, 'Name one that the inventory knows, e.g. rpi3b+.')
  const foreign = isForeign(host.arch)
  const why = [
    host.model ? `model ${name}` : `no model given, taken for ${name}`,
    host.lab?.memory === undefined ? 'its RAM' : 'RAM from lab.memory',
    host.lab?.cpu !== undefined ? 'CPU from lab.cpu' : foreign ? 'emulated processor: a whole core' : 'its usual share',
  ].join(', ')
  return {
    memory: host.lab?.memory ?? model.ram,
    cpu: host.lab?.cpu ?? (foreign ? Math.max(foreignShare, shares[name]) : shares[name]),
    cores: model.cores,
    why,
  }
}

export interface LimitsRow extends Limits {
  readonly host: string
  readonly model: string
}

/** What every host of the fleet is given, and why; sorted as in the inventory. */
export function limits(fleet: Fleet): LimitsRow[] {
  return fleet.hosts.map(host => ({ host: host.name, model: host.model ?? defaultModel, ...limitsOf(host) }))
}
