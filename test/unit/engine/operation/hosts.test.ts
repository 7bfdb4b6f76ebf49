import { describe, expect, it } from 'vitest'
import { Hosts } from '../../../../engine/operation/index.ts'
import { ConnectionLost, Unreachable } from '../../../../engine/ssh/errors.ts'
import type { Session } from '../../../../engine/ssh/session.ts'
import { moving } from './moving.ts'

type Answer = { readonly code: number; readonly stdout?: string; readonly stderr?: string } | Error

/** Hosts whose sessions answer so, one after the other; an error in `opens` is one of opening. */
function scene(answers: readonly Answer[], opens: readonly (Error | undefined)[] = [], held = true) {
  const left = [...answers]
  const opening = [...opens]
  const log: string[] = []
  let time = 0
  const hosts = new Hosts({
    operation: moving,
    ...(held && { owner: 'pi@desk' }),
    clock: {
      now: () => time,
      pause: async seconds => {
        time += seconds * 1000
      },
    },
    waiting: (host, what) => void log.push(`waiting for ${host}: ${what}`),
    async open(name) {
      const error = opening.shift()
      if (error) throw error
      log.push(`opened ${name}`)
      return {
        async lock(by: string) {
          log.push(`locked by ${by}`)
          return { held: true }
        },
        async run() {
          const answer = left.shift() ?? { code: 0 }
          if (answer instanceof Error) throw answer
          return { stdout: '', stderr: '', ...answer }
        },
        async close() {
          log.push('closed')
        },
      } as unknown as Session
    },
  })
  return { hosts, log }
}
describe('a host of an operation', () => {
  it('is locked once, and given back at the end', async () => {
    const { hosts, log } = scene([
      { code: 0, stdout: 'one' },
      { code: 0, stdout: 'two' },
    ])
    expect([await hosts.text('a', 'x'), await hosts.text('a', 'y')]).toEqual(['one', 'two'])
    await hosts.close()
    expect(log).toEqual(['opened a', 'locked by pi@desk', 'closed'])
  })

  it('that is only looked at is not locked', async () => {
    const { hosts, log } = scene([], [], false)
    await hosts.text('a', 'x')
    expect(log).toEqual(['opened a'])
  })

  it('whose link breaks is called again for a while, and locked anew', async () => {
    const lost = new ConnectionLost('the link broke')
    const { hosts, log } = scene([lost, { code: 0, stdout: 'there' }], [undefined, new Unreachable('no route', 'look'), undefined])
    expect(await hosts.text('a', 'x')).toBe('there')
    expect(log).toEqual([
      'opened a',
      'locked by pi@desk',
      'waiting for a: the link broke',
      'waiting for a: no route',
      'opened a',
      'locked by pi@desk',
    ])
  })

  it('that stays away is an error in the end; one that was never there is one at once', async () => {
    const away = Array.from({ length: 100 }, () => new Unreachable('no route', 'look'))
    const { hosts } = scene([new ConnectionLost('the link broke')], [undefined, ...away])
    await expect(hosts.text('a', 'x')).rejects.toThrow('no route')
    const { hosts: others, log } = scene([], away)
    await expect(others.attempt('a', 'x')).resolves.toBeUndefined()
    expect(log).toEqual([])
  })

  it('on which something fails tells its last words, and how to go on', async () => {
    const { hosts } = scene([{ code: 3, stderr: 'it is too heavy' }])
    await expect(hosts.text('a', 'lift\nit')).rejects.toMatchObject({
      message: 'a: `lift` ended with exit code 3',
      failure: { output: ['it is too heavy'], hint: 'mend the cause, then: move --resume' },
    })
  })
})
