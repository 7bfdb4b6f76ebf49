import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fault, up } from '../../lab/index.ts'
import { able, minutes } from './engine-support.ts'
import { RingWorkplace, type RingEvent } from './ring-support.ts'

/** `npm run proof:ring-power`: every state of a move, some twenty minutes; only some of them: `RING_POWER=aside,place`. */
const all = 'promote,decommission,confirm,stop,aside,place,start,join,settle,cleanup,forget'.split(',')
const chosen = process.env['RING_POWER']?.split(',') ?? all
/** Milliseconds into a state: not at its very edge, where it has anything to do. */
const middle: Readonly<Record<string, number>> = { decommission: 3000, join: 4000, cleanup: 1500 }

describe.runIf(able)('the power of a Pi that moves', { timeout: (3 + chosen.length * 3) * minutes }, () => {
  const workplace = new RingWorkplace()
  beforeAll(() => workplace.begin(), 12 * minutes)
  afterAll(() => workplace.end(), minutes)

  it(`is cut in ${chosen.join(', ')}: every row stays, and the run or its --resume comes to its end`, async () => {
    const cut: string[] = []
    const told: string[] = []
    let share = 1
    while (cut.length < chosen.length) {
      // The first and only seed of two, there and back, until it has been cut in each state.
      const wished = ['mysql', '--weights', share === 1 ? 'mysql=1,cassandra2=2' : 'mysql=2,cassandra2=1']
      share = 3 - share
      let args: readonly string[] = [...wished, '--yes']
      for (let code: number | undefined = 1; code !== 0; args = ['--resume', '--yes']) {
        const run = workplace.startRebalance('--json', ...args)
        let text = ''
        let cutting: Promise<void> | undefined
        run.stdout?.on('data', (chunk: Buffer) => {
          text += chunk.toString()
          for (const line of text.split('\n').slice(0, -1)) {
            const { event, state } = JSON.parse(line) as RingEvent
            if (cutting || event !== 'step' || state === undefined || !chosen.includes(state) || cut.includes(state)) continue
            cut.push(state)
            cutting = (async () => {
              await new Promise(done => setTimeout(done, middle[state] ?? 100))
              await fault.kill(workplace.fleet, 'mysql')
              await up(workplace.fleet)
            })()
          }
        })
        const ended = await run
        await cutting
        code = ended.exitCode
        told.push(`${cut.at(-1)}: exit ${code}`)
        if (code !== 0) expect(ended.all).toMatch(/"hint":/)
        expect(told.length, `${told.join('\n')}\n${ended.all}`).toBeLessThan(3 * all.length)
      }
      await workplace.whole(['mysql', 'cassandra2'])
      await workplace.everythingIsThere()
    }
    expect((await workplace.owned())['mysql']).toBeCloseTo(share === 2 ? 1 / 3 : 2 / 3, 2)
    console.log(`power cut in ${cut.join(', ')}: ${told.join('; ')}`)
  })
})
