import { revokeIssued } from '../../../engine/ca/issued.ts'
import { Failed } from '../../../engine/errors.ts'
import type { Host } from '../../../engine/inventory/types.ts'
import { offersOf } from '../../../engine/offer.ts'
import { asksMark, formerUntil, givesCard, readCard, type Journal, type Return, type Step } from '../../../engine/replace/index.ts'
import { varsOf } from '../../../engine/run/resolve.ts'
import { revocationReaders } from '../../../roles/offers.ts'
import { depotOf } from '../backup-place.ts'
import { contextOf, restoreShown } from '../backup.ts'
import { provisionShown } from '../provision.ts'
import { untilWell } from '../until-well.ts'
import { held, takeCard } from './card.ts'
import type { Work } from './work.ts'

/** Takes one step. Each looks first at what is there. What a person should know at the end is given. */
export async function take(
  work: Work,
  state: Step['state'],
  journal: Journal,
  back: readonly Return[],
  progress: (text: string) => void,
): Promise<readonly string[]> {
  const { fleet, host, flags } = work
  switch (state) {
    case 'image': {
      const { write } = await import('../image.ts')
      if (journal.image)
        await write(host.name, {
          ...flags,
          ...journal.image,
          force: true,
          replaces: true,
          ...(flags.sha256 !== undefined && { sha256: flags.sha256 }),
        })
      return []
    }
    case 'card':
      await takeCard(work, journal, progress)
      return []
    case 'numbers':
      return numbered(work, back)
    case 'provision':
      await provisioned(work, [host])
      return []
    case 'restore': {
      const context = await contextOf(fleet, await depotOf(flags.to, fleet.file, true), flags)
      for (const { keeper, set, steps } of back) if (steps.length > 0) await restoreShown(context, set, [{ keeper, steps }])
      return []
    }
    case 'revoke':
      return revoked(work, journal)
    case 'look': {
      const remarks = await untilWell(fleet, host, {
        progress,
        again: `fleet replace ${host.name}`,
        ...(flags.acceptNewKeys && { acceptNewKeys: true }),
      })
      await held(work, session => session.run(givesCard, { timeout: 30 }))
      return remarks
    }
  }
}

async function numbered(work: Work, back: readonly Return[]): Promise<readonly string[]> {
  const { host } = work
  return held(work, async session => {
    const said: string[] = []
    for (const { keeper, seeds } of back)
      for (const { does, run } of seeds) {
        const { code, stderr } = await session.run(run, { timeout: 60 })
        if (code !== 0)
          throw new Failed({
            host: host.name,
            role: keeper.role.name,
            message: `${host.name}: ${does}: ${stderr.trim() || `exit code ${code}`}`,
          })
        said.push(`${host.name}: ${keeper.role.name}: ${does}`)
      }
    return said
  })
}

async function provisioned({ fleet, flags, host }: Work, hosts: readonly Host[], role?: readonly string[]): Promise<void> {
  const results = await provisionShown(fleet, hosts, {
    parallel: '10',
    yes: true,
    ...(role && { role }),
    ...(flags.json && { json: true }),
    ...(flags.acceptNewKeys && { acceptNewKeys: true }),
  })
  const failure = [...results.values()].flatMap(result => result.failure ?? [])[0]
  if (failure) throw new Failed({ ...failure, hint: `${failure.hint ?? 'mend the cause'}; then: fleet replace ${host.name}` })
}

/** Takes back what was issued for former cards, also for one that this replacement took first; tells those who look at the list. */
async function revoked(work: Work, { began }: Journal): Promise<readonly string[]> {
  const { fleet, host, roles } = work
  const seen = await held(work, async session => readCard(session.facts, (await session.run(asksMark, { timeout: 30 })).stdout))
  const count = revokeIssued(fleet.file, host, formerUntil(seen, began))
  const readers = offersOf(fleet, roles, varsOf)(revocationReaders)
  if (readers.length > 0)
    await provisioned(
      work,
      fleet.hosts.filter(each => readers.some(reader => reader.host === each)),
      [...new Set(readers.map(({ role }) => role))],
    )
  return count === 0
    ? []
    : [`${count} ${count === 1 ? 'certificate' : 'certificates'} of its former card ${count === 1 ? 'is' : 'are'} taken back`]
}
