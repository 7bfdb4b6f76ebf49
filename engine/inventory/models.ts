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

/** What firmware calls boards, and the model each is; where boards come with different RAM, by their size in GiB. */
const boards: readonly (readonly [board: RegExp, model: (gib: number) => string])[] = [
  [/^Raspberry Pi Model B Plus\b/, () => 'rpi1b+'],
  [/^Raspberry Pi Model B\b/, () => 'rpi1b'],
  [/^Raspberry Pi Zero 2\b/, () => 'rpizero2w'],
  [/^Raspberry Pi Zero W\b/, () => 'rpizerow'],
  [/^Raspberry Pi Zero\b/, () => 'rpizero'],
  [/^Raspberry Pi 2 Model B\b/, () => 'rpi2b'],
  [/^Raspberry Pi 3 Model B Plus\b/, () => 'rpi3b+'],
  [/^Raspberry Pi 3 Model B\b/, () => 'rpi3b'],
  [/^Raspberry Pi 4 Model B\b/, gib => `rpi4-${gib}g`],
  [/^Raspberry Pi 5 Model B\b/, gib => `rpi5-${gib}g`],
]

/**
 * The model of a Pi from what its firmware calls the board and the bytes its kernel sees, which are a little less than was sold. Undefined
 * for what no inventory can name.
 */
export function modelOfBoard(board: string, memory: number): ModelName | undefined {
  const known = boards.find(([expression]) => expression.test(board))
  const gib = [1, 2, 4, 8, 16].find(size => memory <= size * GiB) ?? 0
  return modelNames.find(name => name === known?.[1](gib))
}

/** The model of that name, or undefined when there is none. */
export function findModel(name: string): Model | undefined {
  return Object.hasOwn(models, name) ? models[name as ModelName] : undefined
}
