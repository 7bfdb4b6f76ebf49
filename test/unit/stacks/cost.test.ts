import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseFleet } from '../../../engine/inventory/parse.ts'
import { registry } from '../../../roles/index.ts'
import { costText, messagesInMonth, monthlyCost, prices } from '../../../stacks/cost.ts'
import { sendersOf } from '../../../stacks/senders.ts'

const roles = await registry.all()

const sender = (interval: number, note = '', name = 'producer1') => ({ name, interval, note })
const seconds = 730 * 3600

test('a reading a second is a message a second', () => {
  expect(messagesInMonth(sender(1000))).toBe(seconds)
  expect(messagesInMonth(sender(10_000))).toBe(seconds / 10)
})

test('faster than the agent may send, readings share messages; each begun 5 KiB counts', () => {
  expect(messagesInMonth(sender(1))).toBe(80 * seconds)
  // 13 readings of 0.5 KiB each are two units.
  expect(messagesInMonth(sender(1, 'x'.repeat(500)))).toBe(2 * 80 * seconds)
})

test('a thing that measures each second costs 2.63 $ and a third of a cent a month', () => {
  const { messagesCost, minutes, minutesCost, total } = monthlyCost([sender(1000)])
  expect(messagesCost).toBeCloseTo(2.628, 6)
  expect([minutes, minutesCost]).toEqual([43_800, 0.043_8 * 0.08])
  expect(total).toBeCloseTo(2.6315, 4)
  expect(monthlyCost([]).total).toBe(0)
})

test('what is above a thousand million messages is cheaper, and above five thousand million again', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => sender(12.5, '', `p${index}`))
  const each = 80 * seconds
  expect(monthlyCost(many(10)).messages).toBe(10 * each)
  expect(monthlyCost(many(10)).messagesCost).toBeCloseTo(1000 + ((10 * each - 1e9) / 1e6) * 0.8, 4)
  expect(monthlyCost(many(40)).messagesCost).toBeCloseTo(1000 + 3200 + ((40 * each - 5e9) / 1e6) * 0.7, 4)
})

test('a rule costs for each message, its action and its object in the bucket', () => {
  const [without, withRule] = [monthlyCost([sender(1000)]), monthlyCost([sender(1000)], true)]
  expect(without.ruleCost).toBe(0)
  expect(withRule.ruleCost).toBeCloseTo(2.628 * (0.15 + 0.15 + 5), 6)
  expect(withRule.total).toBeCloseTo(without.total + withRule.ruleCost, 6)
  expect(costText([sender(1000)], true)).toMatch(/13\.93 \$ to write them into a bucket/)
})

test('the docs have the same prices', () => {
  const docs = readFileSync(path.resolve('docs/aws-iot.md'), 'utf8')
  for (const { each } of prices.messages) expect(docs).toContain(`| ${each.toFixed(2)} $ |`)
  for (const each of [prices.minutes, prices.rule.trigger, prices.rule.action, prices.put])
    expect(docs).toContain(`| ${each.toFixed(2)} $ |`)
})

test('those that measure and send to AWS count, at the rate of the inventory', () => {
  const inventory = `fleet: pi
hosts:
  producer1: { address: 192.168.1.21, model: rpi1b, roles: [awsiot, collector], vars: { collector: { interval: 2000 } } }
  producer2: { address: 192.168.1.22, model: rpi1b, roles: [awsiot, collector], vars: { collector: { backends: [mariadb] } } }
  producer3: { address: 192.168.1.23, model: rpi1b, roles: [collector] }
  producer4: { address: 192.168.1.24, model: rpi1b, roles: [awsiot] }
`
  const senders = sendersOf(parseFleet(inventory, path.resolve('fleet.yaml'), roles, { display: 'fleet.yaml' }), roles)
  expect(senders).toEqual([{ name: 'producer1', interval: 2000, note: expect.any(String) as string }])
  expect(costText(senders)).toMatch(/about 1\.32 \$ a month, 1\.31 million messages \(1\.31 \$\) and 0\.04 million minutes .* of 1 things/)
})
