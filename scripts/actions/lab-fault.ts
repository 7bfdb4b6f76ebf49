import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { colors } from '../../cli/colors.ts'
import { exitCodes } from '../../cli/exit-codes.ts'
import { stopOnInterrupt } from '../../cli/interrupt.ts'
import type { CommonOptions } from '../../cli/options.ts'
import { print, tell } from '../../cli/output.ts'
import { table } from '../../cli/table.ts'
import { Failed } from '../../engine/errors.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import * as lab from '../../lab/index.ts'
import { openLab } from './lab.ts'

export interface FaultFlags {
  readonly for?: string
  readonly unit?: string
  readonly from?: readonly string[]
  readonly ms?: string
  readonly percent?: string
  readonly kbit?: string
  readonly kbytes?: string
  readonly share?: string
  readonly seconds?: string
}

/** What a flag is called in a fault. */
const keys = { ms: 'milliseconds', percent: 'percent', kbit: 'kilobits', kbytes: 'kilobytes', share: 'share', seconds: 'seconds' } as const

/**
 * A fault from a command line.
 * @throws Failed saying which flag is wrong, or missing
 */
export function faultOf(kind: string, hosts: readonly string[], { for: _, unit, from, ...numbers }: FaultFlags): lab.Fault {
  const given = Object.entries(numbers).map(([flag, value]) => [keys[flag as keyof typeof keys], Number(value)] as const)
  const result = lab.faultSchema.safeParse({ kind, hosts, ...(unit && { unit }), ...(from && { from }), ...Object.fromEntries(given) })
  if (result.success) return result.data
  const [issue] = result.error.issues
  const flagOf = (key: unknown): string => `--${Object.entries(keys).find(([, name]) => name === key)?.[0] ?? String(key)}`
  if (issue?.code === 'unrecognized_keys') throw wrongUse(`${kind} knows no ${issue.keys.map(flagOf).join(', ')}`)
  const [first] = issue?.path ?? []
  if (first === 'hosts') throw wrongUse(`${kind} of which host?`)
  const absent = first !== undefined && !given.some(([key]) => key === first)
  throw wrongUse(absent ? `${kind} needs ${flagOf(first)}` : `${flagOf(first)}: ${issue?.message ?? 'wrong'}`)
}

const wrongUse = (message: string): Failed => new Failed({ code: 'usage', message, hint: 'see lab fault --help' })

/** Does a fault to hosts and proves it, holds it where asked to, or heals. */
export async function fault(kind: string, hosts: readonly string[], flags: FaultFlags, options: CommonOptions): Promise<void> {
  if (kind === 'heal') return heal(hosts, await openLab(options), options)
  if (kind === 'list') return list(hosts, await openLab(options), options)
  const wanted = faultOf(kind, hosts, flags)
  const seconds = flags.for === undefined ? undefined : Number(flags.for)
  if (seconds !== undefined && !(seconds > 0)) throw wrongUse(`--for wants seconds, not ${flags.for}`)
  const fleet = await openLab(options)
  const stop = stopOnInterrupt('Healing …')
  const { id, proofs } = await lab.injectProven(fleet, wanted, { ...(seconds !== undefined && { owned: true }) })
  const took = proofs.every(proof => proof.took)
  print(options.json, { id, fault: wanted, proofs }, () => proofText(wanted, proofs))
  if (!took) {
    process.exitCode = exitCodes.inconclusive
    tell('It took no effect everywhere, so it is taken back.')
  } else if (seconds !== undefined) await sleep(seconds * 1000, undefined, { signal: stop }).catch(() => {})
  if (!took || seconds !== undefined || stop.aborted) {
    await lab.heal(fleet, each => each.id === id)
    tell('Healed.')
  }
}

async function heal(hosts: readonly string[], fleet: Fleet, options: CommonOptions): Promise<void> {
  const ended = await lab.heal(fleet, ({ host }) => hosts.length === 0 || hosts.includes(host))
  print(options.json, ended, () =>
    ended.length === 0 ? 'Nothing was owed.\n' : ended.map(({ host, fault: each }) => `${host}: healed of ${each.kind}\n`).join(''),
  )
}

async function list(hosts: readonly string[], fleet: Fleet, options: CommonOptions): Promise<void> {
  const owed = (await lab.readOwed(fleet.name)).filter(({ host }) => hosts.length === 0 || hosts.includes(host))
  print(options.json, owed, () =>
    owed.length === 0
      ? 'No fault is in force.\n'
      : table(
          ['HOST', 'FAULT', 'SINCE', 'ENDS'],
          owed.map(({ host, fault: each, since, owner, until }) => [
            host,
            lab.faultText({ ...each, hosts: [host] }),
            since,
            until === undefined ? (owner ? `with process ${owner.pid}` : 'by heal') : new Date(until).toISOString(),
          ]),
        ),
  )
}

/** What was done and what was measured, a line a host. */
export function proofText(done: lab.Fault, proofs: readonly lab.Proof[]): string {
  const { green, red } = colors(process.stdout)
  return [
    `${lab.faultText(done)}\n`,
    ...proofs.map(
      ({ host, expected, measured, took }) => `  ${took ? green('seen') : red('not seen')} ${host}: ${measured} (expected: ${expected})\n`,
    ),
  ].join('')
}

/** The process that heals where nobody else does; ends by itself. */
export async function watchFaults(file: string): Promise<void> {
  const fleet = z
    .object({ name: z.string(), hosts: z.array(z.unknown()) })
    .loose()
    .parse(JSON.parse(await readFile(file, 'utf8')))
  await lab.keepWatch(fleet as unknown as Fleet, tell)
}
