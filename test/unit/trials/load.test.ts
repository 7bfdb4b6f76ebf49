import { lanes } from '../../../collector/load/thread.ts'
import { expect, test } from 'vitest'
import { encoded, latencyHistogram, merged, record, summarize } from '../../../collector/load/latency.ts'
import { Recent, secondOf } from '../../../collector/load/second.ts'
import { beginsWith, locationOf, readAgent, usedBy } from '../../../trials/agent.ts'
import { bySecond, figuresOfLoad, loadText, secondIn, togetherOf, type HeardSecond } from '../../../trials/load.ts'
import { isWarm } from '../../../trials/warm.ts'

test('latencies of several threads are one distribution, to two figures', () => {
  const parts = [0, 1, 2].map(part => {
    const histogram = latencyHistogram()
    for (let value = 1; value <= 1000; value++) if (value % 3 === part) record(histogram, value)
    return encoded(histogram)
  })
  const { p50, p99, max, mean } = summarize(merged(parts))
  for (const [seen, wanted] of [
    [p50, 500],
    [p99, 990],
    [max, 1000],
    [mean, 500],
  ] as const)
    expect(Math.abs(seen - wanted) / wanted).toBeLessThan(0.01)
  expect(summarize(latencyHistogram()).p99).toBe(0)
})

test('lanes have as many readings under way as was asked for, none more than goes together', () => {
  expect(lanes(1200, 500)).toEqual([500, 500, 200])
  expect(lanes(64, 500)).toEqual([64])
  expect(lanes(3, 1)).toEqual([1, 1, 1])
})

test('what happened since the last look is told once', () => {
  const recent = new Recent()
  recent.stored((due, sent) => {
    record(due, 20)
    record(sent, 10)
  })
  recent.failed('ETIMEDOUT', 1)
  const second = secondOf([recent.take(), recent.take()], 1.0004, 0.25)
  expect(second).toMatchObject({ at: 1, stored: 1, errors: 1, codes: { ETIMEDOUT: 1 }, cpu: 0.25 })
  expect(Math.round(summarize(merged([second.due])).max)).toBe(20)
  expect(Math.round(summarize(merged([second.sent])).max)).toBe(10)
})

const second = (at: number, heard: number, stored: number, ms = 10): HeardSecond => {
  const histogram = latencyHistogram()
  for (let each = 0; each < stored; each++) record(histogram, ms)
  const text = encoded(histogram)
  return { at, heard, stored, errors: 1, codes: { CLOSED: 1 }, cpu: 0.5, due: text, sent: text }
}

test('only what counts is counted, by the clock of the producer', () => {
  // The third line was late on its way.
  const all = [second(1, 101, 5, 500), second(2, 102, 10), second(3, 103.4, 10), second(4, 104, 10), second(5, 105, 99, 500)]
  const figures = figuresOfLoad(all, 101, 104.5)
  expect(figures).toMatchObject({ tps: 10, stored: 30, errors: 3, codes: { CLOSED: 3 }, cpu: 0.5 })
  expect(Math.round(figures?.latency.max ?? 0)).toBe(10)
  expect(figuresOfLoad(all, 200, 300)).toBeUndefined()
  const both = togetherOf(figures ? [figures, figures] : [], [all, all], 101, 104.5)
  expect(both).toMatchObject({ tps: 20, stored: 60, codes: { CLOSED: 6 }, cpu: 1 })
  expect(bySecond([all, all], 101, 106).tps).toEqual([20, null, 40, 198, null])
})

test('warm: not before ten seconds, and not while it gets better', () => {
  const of = (...fives: number[]) => isWarm(fives.flatMap(value => [value, value, value, value, value]))
  expect(of(100)).toBe(false)
  expect(of(100, 140)).toBe(false)
  expect(of(100, 140, 143)).toBe(true)
  expect(of(100, 102)).toBe(true)
  expect(of(140, 100)).toBe(true)
  expect(of(0, 0)).toBe(false)
  // Seconds that make no five count at the begin, where a load is slow.
  expect(isWarm([0, 0, ...Array.from({ length: 10 }, () => 100)])).toBe(true)
})

test('the load tool’s lines, and nothing else', () => {
  expect(secondIn('{"at":1,"stored":2,"errors":0,"cpu":0,"due":"","sent":""}', 7)).toMatchObject({ heard: 7, stored: 2, codes: {} })
  expect(secondIn('{"backend":"mariadb"}', 7)).toBeUndefined()
  expect(secondIn('{"at":1,', 7)).toBeUndefined()
})

test('the command on a producer', () => {
  const order = { backend: 'mariadb', threads: 8, seconds: 30.2, location: 'producer1', note: 'bench 1', oneConnection: false }
  expect(loadText(order)).toBe(
    `/usr/local/bin/collect --backend mariadb --config /etc/collector/config.json --by-second --json --threads 8 --duration 31s --location producer1 --note 'bench 1' </dev/null`,
  )
  expect(loadText({ ...order, backend: 'mqtt', rate: 12.5, broker: '10.0.0.4', oneConnection: true })).toBe(
    `mkdir -p /run/collector-hold; echo 44 >/run/collector-hold/mqtt; sleep 3; ` +
      `/usr/local/bin/collect --backend mqtt --config /etc/collector/config.json --by-second --json --threads 1 --inflight 8 ` +
      `--duration 31s --location producer1 --note 'bench 1' --rate 12.5 --broker 10.0.0.4 </dev/null; ` +
      `code=$?; rm -f /run/collector-hold/mqtt; exit $code`,
  )
})

test('which backend of an agent is used', () => {
  const agent = readAgent(
    '{"location":"p","backends":[{"type":"mariadb","host":"10.0.0.9","port":3306},{"type":"kafka","brokers":["10.0.0.8:9093","10.0.0.11:9093"]},{"type":"mqtt"}]}',
  )
  expect(agent).toMatchObject({ location: 'p', backends: ['mariadb', 'kafka', 'mqtt'] })
  const begins = (type: string) => ['10.0.0.1', '10.0.0.9', '10.0.0.8', '10.0.0.11'].filter(each => beginsWith(agent, type, each))
  expect(['mariadb', 'kafka', 'mqtt', 'cassandra'].map(begins)).toEqual([['10.0.0.9'], ['10.0.0.8', '10.0.0.11'], [], []])
  expect(usedBy(agent, 'mariadb', undefined)).toBe('mariadb')
  expect(usedBy(agent, 'awsiot', '10.0.0.4')).toBe('mqtt')
  expect(usedBy(agent, 'awsiot', undefined)).toBeUndefined()
  expect(usedBy(agent, 'cassandra', undefined)).toBeUndefined()
  expect(() => readAgent('{}')).toThrow('cannot be read')
  expect(locationOf('mariadb', 'p', '7')).toBe('p')
  expect(locationOf('cassandra', 'p', '7')).toBe('p.bench-7')
})
