import { defaultModel } from '../limits.ts'

/** What the firmware of each model calls its board, and the name of the processor Linux prints. */
const boards: Readonly<Record<string, readonly [board: string, processor: string]>> = {
  rpi1b: ['Raspberry Pi Model B Rev 2', 'ARMv6-compatible processor rev 7 (v6l)'],
  'rpi1b+': ['Raspberry Pi Model B Plus Rev 1.2', 'ARMv6-compatible processor rev 7 (v6l)'],
  rpizero: ['Raspberry Pi Zero Rev 1.3', 'ARMv6-compatible processor rev 7 (v6l)'],
  rpizerow: ['Raspberry Pi Zero W Rev 1.1', 'ARMv6-compatible processor rev 7 (v6l)'],
  rpizero2w: ['Raspberry Pi Zero 2 W Rev 1.0', 'Cortex-A53'],
  rpi2b: ['Raspberry Pi 2 Model B Rev 1.1', 'ARMv7 Processor rev 5 (v7l)'],
  rpi3b: ['Raspberry Pi 3 Model B Rev 1.2', 'Cortex-A53'],
  'rpi3b+': ['Raspberry Pi 3 Model B Plus Rev 1.3', 'Cortex-A53'],
  rpi4: ['Raspberry Pi 4 Model B Rev 1.4', 'Cortex-A72'],
  rpi5: ['Raspberry Pi 5 Model B Rev 1.0', 'Cortex-A76'],
}

function find(model: string | undefined): readonly [string, string] {
  const name = model ?? defaultModel
  // Boards that come with different RAM (`rpi4-2g`) carry one name.
  return boards[name] ?? boards[name.replace(/-\d+g$/, '')] ?? [`Raspberry Pi (${name})`, 'ARM']
}

/** The device tree's `model`: ends with a NUL, as the real one does. */
export function deviceTreeModel(model: string | undefined): string {
  return `${find(model)[0]}\0`
}

/** /proc/cpuinfo as a Pi prints it, one block a core and the board at the end. */
export function cpuinfo(model: string | undefined, cores: number): string {
  const [board, processor] = find(model)
  const block = (core: number): string =>
    `processor\t: ${core}\nmodel name\t: ${processor}\nBogoMIPS\t: 38.40\ncpu MHz\t\t: 1000.000\nCPU implementer\t: 0x41\n\n`
  return `${Array.from({ length: cores }, (_, core) => block(core)).join('')}Hardware\t: BCM2835\nRevision\t: 000000\nSerial\t\t: 0000000000000000\nModel\t\t: ${board}\n`
}

/** A list of processors as the kernel writes it: `0` or `0-3`. */
export function cpuList(cores: number): string {
  return cores === 1 ? '0\n' : `0-${cores - 1}\n`
}
