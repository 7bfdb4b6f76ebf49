import type { Facts } from '../../../../engine/facts.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'

/** What an inventory says of a Pi with Flink. */
export interface Pi {
  readonly address?: string
  readonly model?: string
  readonly roles?: readonly string[]
  readonly vars?: Readonly<Record<string, unknown>>
}

/** A fleet of flink1, flink2 … at 10.0.0.1, 10.0.0.2 … */
export function fleetOf(...pis: readonly Pi[]): Fleet {
  const hosts = pis.map(
    ({ address, model, roles = ['flink'], vars = {} }, index): Host =>
      ({
        name: `flink${index + 1}`,
        address: address ?? `10.0.0.${index + 1}`,
        port: 22,
        user: 'pi',
        jump: [],
        ...(model !== undefined && { model }),
        groups: [],
        roles,
        vars: { flink: vars },
        at: { file: 'pi.yaml', line: 1, column: 1 },
      }) as unknown as Host,
  )
  return { name: 'lab', file: 'pi.yaml', ssh: { connectTimeout: 1, keepalive: 1 }, groups: [], hosts }
}

export const facts = { release: 'bookworm', architecture: 'arm64', memory: 2 ** 30, cores: 4 } as unknown as Facts
