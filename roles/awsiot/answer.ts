import type { Clock } from '../../engine/operation/index.ts'
import { readAgent } from './rotate/agent.ts'
import { asksPlaces, readPlaces } from './rotate/places.ts'

/** What a host says of its keys, and its agent of the certificate it shows. */
export type Answer = ReturnType<typeof readPlaces> & {
  readonly current: NonNullable<ReturnType<typeof readPlaces>['current']>
} & ReturnType<typeof readAgent>

/** What is asked of a host. */
export interface AnswerTools {
  text(host: string, shell: string): Promise<string>
  attempt(host: string, shell: string): Promise<string | undefined>
  /** Shell text that prints the agent's metrics and its health on its own host. */
  page(host: string): string
  /** Where a Pi has its keys. */
  readonly folder: string
}

/** Asks a host. @throws Failed where it does not answer; an agent that does not is no failure */
export async function answerOf({ text, attempt, page, folder }: AnswerTools, host: string): Promise<Answer> {
  const places = readPlaces(await text(host, asksPlaces(folder)))
  const pages = await attempt(host, page(host))
  return { ...places, current: places.current ?? {}, ...(pages !== undefined && readAgent(pages)) }
}

/** Seconds a new certificate has until a reading was acknowledged with it: AWS may take some until it knows it everywhere. */
export const patience = 180

/** Waits until a reading was acknowledged with the certificate in use; not for ever. `says`: what the agent said last. */
export async function proof(
  ask: () => Promise<Answer>,
  clock: Clock,
  progress: (text: string) => void,
): Promise<{ readonly proven: boolean; readonly says?: string }> {
  const end = clock.now() + patience * 1000
  let says: string | undefined
  while (clock.now() < end) {
    const said = await ask()
    if (said.proven !== undefined && said.proven === said.current.certificate) return { proven: true }
    says = said.says
    progress(says ?? 'waits for a reading to be acknowledged')
    await clock.pause(3)
  }
  return { proven: false, ...(says !== undefined && { says }) }
}
