import type { Architecture } from './types.ts'

/** What a Raspberry Pi model implies. Facts read from the Pi win over it. */
export interface Model {
  /** Bytes, as sold: the Pi's kernel sees a little less. */
  readonly ram: number
  readonly cores: number
  /**
   * Computing weight of the whole board, with the first Raspberry Pi 1 B as 1. Rounded from what multi-threaded benchmarks
   * commonly show and from the makers' own comparisons (2 B: "6 times a 1 B"; 3 B: 10 times; 4 B: 3 times a 3 B; 5: 2-3 times a 4 B).
   * Good for sharing work out between unlike boards, not for predicting a speed.
   */
  readonly cpu: number
  /** Debian architectures its processor runs; on ARMv6 boards armhf means Raspberry Pi OS, not Debian. */
  readonly arches: readonly Architecture[]
}

const MiB = 2 ** 20
const GiB = 2 ** 30
const arm32: readonly Architecture[] = ['armhf']
const arm64: readonly Architecture[] = ['armhf', 'arm64']

/** Every model an inventory may name. */
export const models = {
  rpi1b: { ram: 512 * MiB, cores: 1, cpu: 1, arches: arm32 },
  'rpi1b+': { ram: 512 * MiB, cores: 1, cpu: 1, arches: arm32 },
  rpizero: { ram: 512 * MiB, cores: 1, cpu: 1, arches: arm32 },
  rpizerow: { ram: 512 * MiB, cores: 1, cpu: 1, arches: arm32 },
  rpizero2w: { ram: 512 * MiB, cores: 4, cpu: 8, arches: arm64 },
  // Revision 1.2 carries the processor of the 3 B and runs arm64; the inventory does not tell the revisions apart.
  rpi2b: { ram: 1 * GiB, cores: 4, cpu: 6, arches: arm64 },
  rpi3b: { ram: 1 * GiB, cores: 4, cpu: 10, arches: arm64 },
  'rpi3b+': { ram: 1 * GiB, cores: 4, cpu: 12, arches: arm64 },
  'rpi4-1g': { ram: 1 * GiB, cores: 4, cpu: 30, arches: arm64 },
  'rpi4-2g': { ram: 2 * GiB, cores: 4, cpu: 30, arches: arm64 },
  'rpi4-4g': { ram: 4 * GiB, cores: 4, cpu: 30, arches: arm64 },
  'rpi4-8g': { ram: 8 * GiB, cores: 4, cpu: 30, arches: arm64 },
  'rpi5-2g': { ram: 2 * GiB, cores: 4, cpu: 75, arches: arm64 },
  'rpi5-4g': { ram: 4 * GiB, cores: 4, cpu: 75, arches: arm64 },
  'rpi5-8g': { ram: 8 * GiB, cores: 4, cpu: 75, arches: arm64 },
  'rpi5-16g': { ram: 16 * GiB, cores: 4, cpu: 75, arches: arm64 },
} as const satisfies Readonly<Record<string, Model>>

export type ModelName = keyof typeof models

/** Names of all models, oldest first. */
export const modelNames = Object.keys(models) as readonly ModelName[]

/** The model of that name, or undefined when there is none. */
export function findModel(name: string): Model | undefined {
  return Object.hasOwn(models, name) ? models[name as ModelName] : undefined
}
