import { Failed, toFailure } from '../errors.ts'

/** What an upgrade of several hosts does with each. */
export interface UpgradeOf<H> {
  nameOf(host: H): string
  /** Waits until the others of its clusters are well. @throws Failed where one is not: then this host stays up, for it is needed */
  othersWell(host: H): Promise<void>
  /** Upgrades it, whatever a run before did of it. @throws Failed */
  upgrade(host: H): Promise<void>
  /** Waits until it is well, and its clusters are. @throws Failed */
  well(host: H): Promise<void>
}

/**
 * One host after the other, each only once all before it were seen at work: at most one is out at any moment. The first that fails is the
 * last that is begun.
 * @throws Failed with the hosts that were not begun
 */
export async function oneByOne<H>(hosts: readonly H[], { nameOf, othersWell, upgrade, well }: UpgradeOf<H>): Promise<void> {
  for (const [index, host] of hosts.entries()) {
    try {
      await othersWell(host)
      await upgrade(host)
      await well(host)
    } catch (error) {
      const failure = toFailure(error)
      const rest = hosts.slice(index + 1).map(nameOf)
      throw new Failed({
        ...failure,
        host: nameOf(host),
        message: `${failure.message}${rest.length > 0 ? `; not begun: ${rest.join(', ')}` : ''}`,
        hint: `${failure.hint ?? 'mend the cause'}; then the same command goes on`,
      })
    }
  }
}
