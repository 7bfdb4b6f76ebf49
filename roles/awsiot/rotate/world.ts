import { Failed } from '../../../engine/errors.ts'
import type { Kept } from '../../../engine/kept.ts'
import type { Clock } from '../../../engine/operation/index.ts'
import { outputsName } from '../names.ts'
import { parseOutputs, type Outputs } from '../outputs.ts'
import { keepRequest, keptRequests, parseRequest, wantedOf } from '../request.ts'
import { answerOf, patience, proof, type Answer } from '../answer.ts'
import type { World } from './drive.ts'
import type { Act, Standing } from './next.ts'
import { makesNext, placesCertificate, placesIn, printsRequest, putsBack, removes, switches } from './places.ts'

/** What a renewal works with. */
export interface Tools {
  /** Runs shell text on a host as root, and gives what it printed. @throws Failed */
  text(host: string, shell: string): Promise<string>
  /** The same where the host need not answer. */
  attempt(host: string, shell: string): Promise<string | undefined>
  /** Shell text that prints the agent's metrics and its health on its own host. */
  page(host: string): string
  readonly kept: Kept
  /** Has AWS have what is kept here, and writes down what it has. */
  deploy(): Promise<void>
  readonly clock: Clock
  /** Where a Pi has its keys, and whose they are. */
  readonly folder: string
  readonly owner: string
}

/** What AWS has of a host, as the last deploy said. @throws Failed where that cannot be read */
export function deployedOf(kept: Kept, host: string): Standing['deployed'] {
  const { certificates, inactive } = outputsOf(kept)
  return { active: Object.keys(certificates[host] ?? {}), inactive: inactive[host] ?? [] }
}

/** What the last deploy said; nothing where there was none, or all was destroyed since. */
export function outputsOf(kept: Kept): Omit<Outputs, 'endpoint'> {
  const content = kept(outputsName)
  const outputs = content && parseOutputs(content)
  return outputs && !('destroyed' in outputs) ? outputs : { certificates: {}, inactive: {}, keys: {} }
}

/** Hosts whose certificates a deploy would change now. `hosts`: those that make their keys; `numbers`: of the keys AWS makes, by host. */
export function undeployed(kept: Kept, hosts: readonly string[], numbers: Readonly<Record<string, number>> = {}): readonly string[] {
  const { certificates, inactive, keys } = outputsOf(kept)
  const known = new Set([hosts, ...[certificates, inactive, keys, numbers].map(each => Object.keys(each))].flat())
  const same = (some: readonly string[], others: readonly string[]) => [...some].sort().join() === [...others].sort().join()
  return [...known].filter(host => {
    const wanted = hosts.includes(host) ? wantedOf(keptRequests(kept, host)) : []
    const of = (which: boolean) => wanted.filter(({ active }) => active === which).map(({ request }) => request.fingerprint)
    const { active, inactive: shut } = deployedOf(kept, host)
    return !same(of(true), active) || !same(of(false), shut) || keys[host]?.number !== numbers[host]
  })
}

/** The real thing. */
export function worldOf(tools: Tools): World & { answer(host: string): Promise<Answer> } {
  const { kept, clock, folder, owner } = tools

  const answer = (host: string): Promise<Answer> => answerOf(tools, host)

  async function look(host: string): Promise<Standing> {
    const { current, next, former, proven } = await answer(host)
    const fingerprints = Object.entries(keptRequests(kept, host)).map(([part, { fingerprint }]) => [part, fingerprint])
    return {
      current,
      ...(next && { next }),
      ...(former && { former }),
      kept: Object.fromEntries(fingerprints) as Standing['kept'],
      deployed: deployedOf(kept, host),
      ...(proven !== undefined && { proven }),
    }
  }

  async function keepBoth(host: string, from: string): Promise<void> {
    const { current, former } = keptRequests(kept, host)
    const places = placesIn(folder)
    const read = async (place: string) => parseRequest(await tools.text(host, printsRequest(place)), host)
    const old = [former, current].find(request => request?.fingerprint === from) ?? (await read(places.current))
    if (old.fingerprint !== from) throw new Failed({ message: `${host}: the request it began with is gone`, hint: 'rotate awsiot --abort' })
    keepRequest(kept, host, 'former', old)
    keepRequest(kept, host, 'next', await read(places.next))
  }

  async function place(host: string): Promise<void> {
    const { next } = keptRequests(kept, host)
    const pem = outputsOf(kept).certificates[host]?.[next?.fingerprint ?? '']
    if (pem === undefined) throw new Failed({ message: `${host}: the deploy says nothing of its new certificate` })
    await tools.text(host, placesCertificate(folder, owner, pem))
  }

  async function prove(host: string, progress: (text: string) => void): Promise<void> {
    const { proven, says } = await proof(() => answer(host), clock, progress)
    if (proven) return
    await tools.text(host, putsBack(folder))
    throw new Failed({
      message: `${host}: nothing was acknowledged with the new certificate within ${patience} s; the old one is in use again`,
      ...(says !== undefined && { output: [`the agent says: ${says}`] }),
      hint: 'mend the cause, then: rotate awsiot --resume; or give it up: rotate awsiot --abort',
    })
  }

  /** In this order: cut between two, both certificates stay active. */
  function retire(host: string): void {
    const { next, former } = keptRequests(kept, host)
    if (next) keepRequest(kept, host, 'current', next)
    if (former) keepRequest(kept, host, 'retired', former)
    keepRequest(kept, host, 'former', undefined)
  }

  /** In this order: cut between two, it is done again. */
  function unkeep(host: string, from: string): void {
    const { former, next } = keptRequests(kept, host)
    if (former?.fingerprint === from) keepRequest(kept, host, 'current', former)
    if (next) keepRequest(kept, host, 'retired', next)
    for (const part of ['next', 'former'] as const) keepRequest(kept, host, part, undefined)
  }

  const acts: Readonly<Record<Act, (host: string, from: string, progress: (text: string) => void) => Promise<unknown>>> = {
    make: host => tools.text(host, makesNext(folder, owner, host)),
    keep: keepBoth,
    deploy: () => tools.deploy(),
    place,
    switch: host => tools.text(host, switches(folder)),
    prove: (host, _from, progress) => prove(host, progress),
    retire: async host => retire(host),
    async forget(host) {
      for (const part of ['retired', 'next'] as const) keepRequest(kept, host, part, undefined)
    },
    tidy: host => tools.text(host, removes(folder, 'former')),
    putBack: host => tools.text(host, putsBack(folder)),
    discard: host => tools.text(host, removes(folder, 'next')),
    unkeep: async (host, from) => unkeep(host, from),
  }
  return {
    answer,
    look,
    async does(act, host, from, progress) {
      await acts[act](host, from, progress)
    },
  }
}
