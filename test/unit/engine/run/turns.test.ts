import { expect, test } from 'vitest'
import { gate, Turns, type Standing } from '../../../../engine/run/turns.ts'

const ring = new Set(['ring'])
const none = new Set<string>()
const standing = (name: string, extra: Partial<Standing> = {}): Standing => ({
  name,
  wants: ring,
  has: none,
  over: none,
  ended: undefined,
  ...extra,
})
const gateOf = (...before: Standing[]) => gate([...before, standing('me'), standing('behind')], before.length, 'ring')

test.each<[string, Standing[], unknown]>([
  ['nobody is before it', [], { is: 'open' }],
  ['who is before it is at work', [standing('one', { has: ring })], { is: 'closed', until: 'one' }],
  ['who is before it may come to need it', [standing('one')], { is: 'closed', until: 'one' }],
  ['who is before it has not said yet', [standing('one', { wants: undefined })], { is: 'closed', until: 'one' }],
  ['who is before it wants nothing of it', [standing('one', { wants: new Set(['other']) })], { is: 'open' }],
  ['who was before it is done', [standing('one', { has: ring, ended: 'well' })], { is: 'open' }],
  ['one before it could not be reached', [standing('one', { wants: undefined, ended: 'failed' })], { is: 'open' }],
  ['one before it failed before its turn', [standing('one', { ended: 'failed' })], { is: 'open' }],
  ['one before it failed in its turn', [standing('one', { has: ring, ended: 'failed' })], { is: 'shut', by: 'one' }],
  [
    'one failed in its turn while another has not ended',
    [standing('zero'), standing('one', { has: ring, ended: 'failed' })],
    { is: 'shut', by: 'one' },
  ],
  ['who is before it has ended that turn, and is at work', [standing('one', { has: ring, over: ring })], { is: 'open' }],
  ['one before it failed after that turn', [standing('one', { has: ring, over: ring, ended: 'failed' })], { is: 'open' }],
  ['one failed in another turn', [standing('one', { has: new Set(['other']), ended: 'failed' })], { is: 'open' }],
])('%s', (_, before, expected) => {
  expect(gateOf(...before)).toEqual(expected)
})

function run(...names: string[]) {
  const turns = new Turns(names)
  const log: string[] = []
  const take = (name: string, stop?: AbortSignal) => {
    turns.wants(name, ring)
    return turns
      .take(name, ring, (turn, until) => log.push(`${name} waits for ${until} (${turn})`), stop)
      .then(
        late => {
          log.push(`${name} begins${late ? ' after others' : ''}`)
        },
        error => {
          log.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
        },
      )
  }
  const settle = () => new Promise(done => setTimeout(done, 5))
  return { turns, log, take, settle }
}

test('in the order of the inventory, whoever asks first', async () => {
  const { turns, log, take, settle } = run('one', 'two', 'three')
  const all = [take('three'), take('two'), take('one')]
  await settle()
  expect(log).toEqual(['three waits for one (ring)', 'two waits for one (ring)', 'one begins'])
  turns.ended('one', 'well')
  await settle()
  turns.ended('two', 'well')
  await Promise.all(all)
  expect(log.slice(3)).toEqual(['three waits for two (ring)', 'two begins after others', 'three begins after others'])
})

test('who waited for one that then wanted nothing comes after nobody', async () => {
  const { turns, log, take, settle } = run('one', 'two')
  const waiting = take('two')
  await settle()
  turns.wants('one', none)
  await waiting
  expect(log).toEqual(['two waits for one (ring)', 'two begins'])
})

test('a turn is kept when its host is begun anew', async () => {
  const { log, take, settle } = run('one', 'two')
  await take('one')
  void take('two')
  await settle()
  await take('one')
  expect(log).toEqual(['one begins', 'two waits for one (ring)', 'one begins'])
})

test('who has its turn already has seen what others did', async () => {
  const { turns, log, take } = run('one', 'two')
  await take('one')
  turns.ended('one', 'well')
  await take('two')
  await take('two')
  expect(log).toEqual(['one begins', 'two begins after others', 'two begins'])
})

test('behind a failure nobody begins, near or far', async () => {
  const { turns, log, take } = run('one', 'two', 'three')
  await take('one')
  const others = [take('two'), take('three')]
  turns.ended('one', 'failed')
  await others[0]
  turns.ended('two', 'failed')
  await others[1]
  expect(log.filter(line => line.includes('not begun'))).toEqual([
    'two: not begun: ring on one failed, and it is changed on one host at a time',
    'three: not begun: ring on one failed, and it is changed on one host at a time',
  ])
})

test('who waits is let go when the run is stopped', async () => {
  const { log, take, settle } = run('one', 'two')
  await take('one')
  const stop = new AbortController()
  const waiting = take('two', stop.signal)
  await settle()
  stop.abort(new Error('stopped'))
  await waiting
  expect(log.at(-1)).toBe('two: stopped')
})
