import { setTimeout as sleep } from 'node:timers/promises'
import type { Fleet } from '../../engine/inventory/types.ts'
import { heal } from './heal.ts'
import { changeOwed, due, type Owed } from './owed.ts'

const mayBecomeDue = ({ owner, until }: Owed): boolean => owner !== undefined || until !== undefined
const end = (): never => process.exit(0)

/**
 * The watchdog: heals what is due, and ends this process when nothing is owed that could become due. Goes on where it fails, for the
 * next look may find more.
 * @param say called with what was healed, or what was in the way
 */
export async function keepWatch(fleet: Fleet, say: (text: string) => void, every = 500): Promise<never> {
  for (;;) {
    // Under the lock: who notes a fault next finds this process at work, or gone.
    const owed = await changeOwed(fleet, all => (all.some(mayBecomeDue) ? all : end()))
    const now = due(owed, Date.now())
    if (now.length > 0) {
      try {
        await heal(fleet, each => now.some(({ id, host }) => id === each.id && host === each.host))
        for (const { fault, host } of now) say(`${host}: healed of ${fault.kind}`)
      } catch (error) {
        say((error as Error).message)
      }
    }
    await sleep(every)
  }
}
