import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneByOne } from '../../../../engine/upgrade/index.ts'

const step = fc.constantFrom('well', 'fails')

test('at most one host is out, and none is begun while another is not well: whatever fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ others: step, upgrade: step, well: step }), { maxLength: 8 }), async plan => {
      const out = new Set<number>()
      const begun: number[] = []
      const fail = (does: string, name: string) => (does === 'fails' ? Promise.reject(new Error(name)) : Promise.resolve())
      const ended = await oneByOne(
        plan.map((_, index) => index),
        {
          nameOf: String,
          othersWell: host => fail(plan[host]?.others ?? '', 'others'),
          async upgrade(host) {
            begun.push(host)
            out.add(host)
            expect(out.size).toBe(1)
            await fail(plan[host]?.upgrade ?? '', 'upgrade')
          },
          async well(host) {
            await fail(plan[host]?.well ?? '', 'well')
            out.delete(host)
          },
        },
      ).then(
        () => 'well',
        () => 'failed',
      )
      const first = plan.findIndex(each => Object.values(each).includes('fails'))
      expect(ended).toBe(first < 0 ? 'well' : 'failed')
      expect(begun).toEqual(
        plan.map((_, index) => index).slice(0, first < 0 ? plan.length : plan[first]?.others === 'fails' ? first : first + 1),
      )
    }),
  )
})

test('says which hosts were not begun, and that the same command goes on', async () => {
  const ended = oneByOne(['a', 'b', 'c'], {
    nameOf: name => name,
    othersWell: async () => {},
    upgrade: async name => {
      if (name === 'b') throw new Error('no room')
    },
    well: async () => {},
  })
  await expect(ended).rejects.toMatchObject({
    message: 'no room; not begun: c',
    failure: { host: 'b', hint: 'mend the cause; then the same command goes on' },
  })
})
