import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunEvent } from '../../engine/run/events.ts'
import { able, eventually, minutes } from './engine-support.ts'
import { Load, note, placesIn } from './kafka-load.ts'
import { KafkaWorkplace } from './kafka-support.ts'

const all = ['kafka1', 'kafka2', 'kafka3'] as const
const full = 'kafka3'
const MiB = 2 ** 20
/** Seconds of readings that the card is left with. */
const left = 150
const pause = 60
const places = placesIn(12)

/** `npm run proof:kafka-card`: some eight minutes. */
describe.runIf(able)('the card of one of three brokers, under steady load', { timeout: 8 * minutes }, () => {
  const place = new KafkaWorkplace('testkafkacard', 36)
  let load: Load

  beforeAll(async () => {
    place.inventory(all, { floor: 64 })
    place.fleet = await place.boot(place.file)
    await place.provisioned()
    await place.knows()
    load = new Load(await place.writer(all), { places, each: 1, pause })
  }, 8 * minutes)
  afterAll(() => place.end(place.fleet), minutes)

  const figure = async (name: string, of: string = full): Promise<number> => {
    const text = await fetch(`http://${place.address(of)}:9406/metrics`).then(answer => answer.text())
    return Number(new RegExp(`^kafka_guard_${name} (.+)$`, 'm').exec(text)?.[1])
  }
  const seconds = () => performance.now() / 1000
  const wait = (many: number) => new Promise(done => setTimeout(done, many * 1000))

  /** Days until the card of a broker is full, as a run says it where so many readings a second come. */
  async function toldDays(rate: number): Promise<number> {
    // Hosts that send as the load does; nobody asks them.
    const producers = places.map((name, index) => [
      name,
      {
        address: `10.78.36.${100 + index}`,
        user: 'pi',
        model: 'rpi4-1g',
        roles: ['collector'],
        vars: { collector: { interval: (1000 * places.length) / rate, note, backends: ['kafka'] } },
      },
    ])
    const hosts = Object.fromEntries([
      ...all.map(each => [
        each,
        { address: place.address(each), user: 'pi', model: 'rpi4-1g', roles: ['base', 'kafka'], vars: { kafka: { weight: 1, floor: 64 } } },
      ]),
      ...producers,
    ]) as Record<string, unknown>
    const { all: text = '' } = await place.start(place.write('fleet', place.name, { hosts }), [full, '--check', '--json'])
    place.inventory(all, { floor: 64 })
    const facts = text
      .split('\n')
      .flatMap(line => (line.startsWith('{') ? [JSON.parse(line) as RunEvent] : []))
      .find(event => event.event === 'facts')
    const days = facts?.event === 'facts' ? facts.disks[0]?.days : undefined
    expect(days, text.slice(-2000)).toBeDefined()
    return days ?? 0
  }

  it('is full at the moment that was told; then no broker takes readings, all live, and it heals by itself', async () => {
    // At its own pace.
    await wait(20)
    const [from, count] = [seconds(), load.taken().acknowledged]
    await wait(30)
    const rate = (load.taken().acknowledged - count) / (seconds() - from)
    const before = await place.starts(...all)

    // Something else takes the card, all but some megabytes.
    const room = (154 * rate * left) / all.length
    await place.on(full, `fallocate -l ${Math.floor((await figure('free_bytes')) - 64 * MiB - room)} /var/lib/somebody-elses`)
    await wait(3)
    const told = (await toldDays(rate)) * 86_400
    const began = seconds()
    const paceFrom = load.taken().acknowledged
    await eventually(async () => (await figure('state')) === 2, 6 * 60)
    const measured = seconds() - began
    const pace = (load.taken().acknowledged - paceFrom) / measured
    console.log(`full after ${measured.toFixed(1)} s, told ${told.toFixed(1)} s; ${rate.toFixed(0)} then ${pace.toFixed(0)} readings/s`)

    await eventually(async () => (await figure('taking', 'kafka1')) === 0, 30)
    await wait(5)
    const still = load.taken().acknowledged
    await wait(15)
    expect(load.taken().acknowledged).toBe(still)
    expect(await place.starts(...all)).toEqual(before)
    expect(await figure('free_bytes')).toBeGreaterThan(60 * MiB)
    expect(load.taken().errors).toHaveProperty('TOPIC_AUTHORIZATION_FAILED')

    await place.on(full, 'rm /var/lib/somebody-elses')
    const freed = seconds()
    await eventually(() => load.taken().acknowledged > still + 100, 120)
    console.log(`taken again ${(seconds() - freed).toFixed(1)} s after there was room`)
    const sent = await place.counted(load, all)
    console.log(`${sent.acknowledged} acknowledged, ${sent.lost.length} lost, ${sent.twice.length} twice`)
    expect([sent.lost, sent.twice]).toEqual([[], []])
    expect(await place.starts(...all)).toEqual(before)
    // By the rate that was in fact sent.
    const wouldBe = (told * rate) / pace
    expect(Math.abs(measured - wouldBe) / measured).toBeLessThan(0.1)
  })
})
