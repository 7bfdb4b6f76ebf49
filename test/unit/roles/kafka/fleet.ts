import type { Fleet, Host } from '../../../../engine/inventory/types.ts'

export type Vars = Readonly<Record<string, unknown>>

/** A fleet of brokers kafka1, kafka2 … at 10.0.0.1, 10.0.0.2 …, each with these variables. */
export function fleetOf(...vars: readonly Vars[]): Fleet {
  const hosts = vars.map((own, index): Host => {
    const { address = `10.0.0.${index + 1}`, model, ...kafka } = own as Vars & { address?: string; model?: string }
    return {
      name: `kafka${index + 1}`,
      address,
      port: 22,
      user: 'pi',
      jump: [],
      ...(model !== undefined && { model }),
      groups: [],
      roles: ['kafka'],
      vars: { kafka },
      at: { file: 'pi.yaml', line: 1, column: 1 },
    } as unknown as Host
  })
  return { name: 'lab', file: 'pi.yaml', ssh: { connectTimeout: 1, keepalive: 1 }, groups: [], hosts }
}
