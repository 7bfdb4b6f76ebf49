import { spelled } from '../../../engine/inventory/address.ts'

/** One node as another one sees it: a line of `nodetool status`. */
export interface NodeSeen {
  readonly up: boolean
  readonly state: 'normal' | 'leaving' | 'joining' | 'moving'
  readonly address: string
  /** Bytes in its SSTables; unknown while it joins or is down. */
  readonly load: number | undefined
  readonly tokens: number
  /** Part of the keyspace it holds, 0 to 1; unknown while it joins. */
  readonly owns: number | undefined
  /** The host ID: what a node is, whatever address it has. */
  readonly id: string
}

const states = { N: 'normal', L: 'leaving', J: 'joining', M: 'moving' } as const
const line = /^([UD?])([NLJM]) +(\S+) +(?:([\d.,]+ \w+)|\?) +(\d+) +(?:([\d.,]+)%|\?) +([0-9a-f]{8}-[0-9a-f-]{27}) /
const units: Readonly<Record<string, number>> = { bytes: 1, byte: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }

/** `90.64 KiB` in bytes. */
export function bytesOf(text: string): number | undefined {
  const [number = '', unit = ''] = text.split(' ')
  const factor = units[unit]
  return factor === undefined ? undefined : Math.round(Number(number.replace(',', '.')) * factor)
}

/** Reads what `nodetool status KEYSPACE` prints; lines that are no node's are left out. */
export function parseStatus(text: string): NodeSeen[] {
  return text.split('\n').flatMap(each => {
    const [found, up, state, address = '', load, tokens, owns, id = ''] = line.exec(each) ?? []
    if (found === undefined) return []
    return [
      {
        up: up === 'U',
        state: states[state as keyof typeof states],
        address: spelled(address),
        load: load === undefined ? undefined : bytesOf(load),
        tokens: Number(tokens),
        owns: owns === undefined ? undefined : Number(owns.replace(',', '.')) / 100,
        id,
      },
    ]
  })
}

/** `UN`, `UJ`, `DN` …, as `nodetool status` writes it. */
export function stateText({ up, state }: Pick<NodeSeen, 'up' | 'state'>): string {
  return `${up ? 'U' : 'D'}${state.charAt(0).toUpperCase()}`
}
