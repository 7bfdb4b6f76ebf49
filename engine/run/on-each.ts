import type { Fleet, Host } from '../inventory/types.ts'
import type { Session } from '../ssh/session.ts'
import { toFailure, type Failure } from '../errors.ts'
import { opener, type OpenOptions } from './open.ts'
import { secretsFor } from './provision.ts'

/** What one host had to say, or why it said nothing. */
export type Answer<T> = { readonly value: T } | { readonly failure: Failure }

/** Asks hosts something over a session each, all at once; each answers or fails on its own. Nothing is locked and nothing is kept. */
export async function onEach<T>(
  fleet: Fleet,
  hosts: readonly Host[],
  options: Omit<OpenOptions, 'secrets'>,
  ask: (session: Session, host: Host) => Promise<T>,
): Promise<ReadonlyMap<string, Answer<T>>> {
  const open = opener(fleet, { ...options, secrets: secretsFor(fleet, true) })
  const answers = await Promise.all(
    hosts.map(async (host): Promise<[string, Answer<T>]> => {
      try {
        const session = await open(host)
        try {
          return [host.name, { value: await ask(session, host) }]
        } finally {
          await session.close()
        }
      } catch (error) {
        return [host.name, { failure: toFailure(error) }]
      }
    }),
  )
  return new Map(answers)
}
