import { stat } from 'node:fs/promises'
import type { Fleet } from '../../../engine/inventory/types.ts'
import * as lab from '../../../lab/index.ts'
import type { Proof } from '../../../lab/index.ts'

/**
 * Gives a host a new, empty card and boots it; what was on the old one is gone for good.
 * @param armed false: nothing is done, and the proof says so
 */
export async function newCard(fleet: Fleet, host: string, armed: boolean): Promise<Proof> {
  const cardOf = async (): Promise<bigint> => (await stat(lab.hostPaths(fleet.name, host).card, { bigint: true })).ino
  // Held open by nobody, the number of a file that was removed may be given again at once: its birth tells them apart.
  const bornOf = async (): Promise<bigint> => (await stat(lab.hostPaths(fleet.name, host).card, { bigint: true })).birthtimeNs
  const before = [await cardOf(), await bornOf()].join()
  if (armed) await lab.reset(fleet, host)
  const after = [await cardOf(), await bornOf()].join()
  const { code } = await lab.exec(fleet, host, ['true']).catch(() => ({ code: 1 }))
  return {
    host,
    expected: 'another card, and the host is up',
    measured: `${before === after ? 'the same card' : 'another card'}, and the host is ${code === 0 ? 'up' : 'down'}`,
    took: before !== after && code === 0,
  }
}
