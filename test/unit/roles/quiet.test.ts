import { expect, test, vi } from 'vitest'
import { offer, offersOf } from '../../../engine/offer.ts'
import type { Roles } from '../../../engine/role.ts'
import type { Session } from '../../../engine/ssh/session.ts'
import { metrics, silencers } from '../../../roles/offers.ts'
import { Quiet } from '../../../roles/quiet.ts'
import { fleetOf, hostsNamed } from '../engine/run/folder-session.ts'

const watch = {
  *offers() {
    yield offer(silencers, {
      begins: ({ label, values }, minutes) => `begin ${label}=${values.join('|')} for ${minutes}`,
      ends: names => `end ${names.join(' ')}`,
    })
  },
}
const ring = {
  cluster: () => [],
  *offers() {
    yield offer(metrics, { port: 1, job: 'ring', title: 'the ring' })
  },
}
const roles = { watch, ring, oven: {} } as unknown as Roles
const fleet = fleetOf([...hostsNamed(['watch'], ['watch']), ...hostsNamed(['one', 'two'], ['ring']), ...hostsNamed(['oven'], ['oven'])])

/** A host that is told, and what it was told. */
function quiet(of = fleet, answers = true) {
  const said: string[] = []
  const tell = vi.fn<(text: string) => void>()
  let opened = 0
  const session = {
    run: async (text: string) => {
      said.push(text)
      return { code: 0, stdout: `silence-${said.length}\n`, stderr: '' }
    },
    close: async () => void said.push('closed'),
  } as unknown as Session
  const made = new Quiet({
    fleet: of,
    roles,
    offered: offersOf(of, roles, () => ({})),
    open: async () => {
      opened++
      if (!answers) throw new Error('no route to it')
      return session
    },
    by: 'me',
    why: 'work',
    tell,
  })
  return { made, said, tell, opened: () => opened }
}

test('a run that changes nothing asks nobody', async () => {
  const { made, opened } = quiet()
  await made.over()
  expect(opened()).toBe(0)
})

test('a fleet without anybody to tell costs nothing', async () => {
  const { made, opened } = quiet(fleetOf(hostsNamed(['oven'], ['oven'])))
  made.about('oven')
  await made.over()
  expect(opened()).toBe(0)
})

test('a host is silent from its first change, once, until a little after the last', async () => {
  const { made, said } = quiet()
  made.about('oven')
  made.about('oven')
  await made.over()
  expect(said).toEqual(['begin host=oven for 15', 'begin host=oven for 2', 'end silence-1', 'closed'])
})

test('what others of its cluster say of it is silent, too', async () => {
  const { made, said } = quiet()
  made.about('one')
  await made.over()
  expect(said.slice(0, 2)).toEqual(['begin host=one for 15', 'begin job=ring for 15'])
})

test('one that lives says it again before it ends; one that was killed does not, and it ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { made, said } = quiet()
    made.about('oven')
    await vi.advanceTimersByTimeAsync(10 * 60_000 + 1)
    expect(said).toEqual(['begin host=oven for 15', 'begin host=oven for 15'])
    await Promise.all([made.over(), vi.advanceTimersByTimeAsync(1)])
    expect(said.slice(2)).toEqual(['begin host=oven for 2', 'end silence-1 silence-2', 'closed'])
  } finally {
    vi.useRealTimers()
  }
})

test('where nobody answers it is told once, and the work goes on', async () => {
  const { made, tell } = quiet(fleet, false)
  made.about('one')
  made.about('oven')
  await made.over()
  expect(tell.mock.calls).toEqual([['alerts are not silenced meanwhile: watch: no route to it']])
})
