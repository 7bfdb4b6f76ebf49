import { Failed } from '../../../engine/errors.ts'
import { back, givenUp, next, over, stages, strange, type Act, type Stage, type Standing } from './next.ts'

/** A Pi, the controller and AWS, as far as a renewal looks at them and changes them. */
export interface World {
  look(host: string): Promise<Standing>
  /** @throws Failed where it cannot be done; what was done then stays, and is found by the next look */
  does(act: Act, host: string, from: string, progress: (text: string) => void): Promise<void>
}

const command = 'rotate awsiot'

/** Goes on until a stage is done. Each move is decided by a look of its own, whatever was cut before. */
export async function forward(world: World, host: string, from: string, until: Stage, progress: (text: string) => void): Promise<void> {
  await moves(
    host,
    async () => {
      const found = next(await world.look(host), from)
      if (found === over) return undefined
      if (found === givenUp)
        throw new Failed({ message: `the renewal of ${host} is being given up`, hint: `${command} --abort goes on with that` })
      if (found === strange)
        throw new Failed({
          message: `${host} has another key than the two this is about: it was given one meanwhile`,
          hint: `${command} --abort; then provision ${host}, npm run stacks:deploy, and provision ${host}`,
        })
      return stages.indexOf(found.stage) > stages.indexOf(until) ? undefined : found.act
    },
    act => world.does(act, host, from, progress),
  )
}

/** Goes back to the certificate it began with. */
export async function backward(world: World, host: string, from: string, progress: (text: string) => void): Promise<void> {
  await moves(
    host,
    async () => {
      const act = back(await world.look(host), from)
      return act === over ? undefined : act
    },
    act => world.does(act, host, from, progress),
  )
}

/**
 * How often an act may be made in a row. What the agent said to a proof it need not say to the next look: it may be busy and not answer just
 * then. The proof is asked for again, and waits for it.
 */
const inARow: Partial<Record<Act, number>> = { prove: 5 }

/** Makes moves until none is left. @throws Failed where one has no effect: it would be made for ever */
async function moves(host: string, decide: () => Promise<Act | undefined>, does: (act: Act) => Promise<void>): Promise<void> {
  let last: Act | undefined
  let times = 0
  for (let act = await decide(); act !== undefined; act = await decide()) {
    times = act === last ? times + 1 : 1
    if (times > (inARow[act] ?? 1))
      throw new Failed({
        message: `${host}: ${meaningOf[act]} had no effect`,
        hint: withoutEffect[act] ?? `${command} --resume tries it again`,
      })
    await does(act)
    last = act
  }
}

const withoutEffect: Partial<Record<Act, string>> = {
  place:
    'AWS signed another key than the one it was asked to: nothing was changed on the Pi but the new key beside the old. See docs/aws-iot.md',
}

/** What an act is for, in a few words. */
export const meaningOf: Readonly<Record<Act, string>> = {
  make: 'a new key beside the old',
  keep: 'its request comes to this machine',
  deploy: 'what AWS has becomes what is kept here',
  place: 'the new certificate beside its key',
  switch: 'the new ones in use, the old ones beside them',
  prove: 'the agent has a reading acknowledged with the new certificate',
  retire: 'the old certificate is wanted no more',
  forget: 'the one that is shut out is let go',
  tidy: 'the old key is taken off the Pi',
  putBack: 'the old ones in use again',
  discard: 'the new key is taken off the Pi',
  unkeep: 'the new certificate is wanted no more',
}
