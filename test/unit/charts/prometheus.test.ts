import { expect, test } from 'vitest'
import { notesOf, onPoints, partsOf, pictureOf, rangePath, type AsksApi } from '../../../charts/prometheus.ts'

const span = { from: 1000, to: 1200, step: 50 }
const series = (metric: object, values: readonly (readonly [number, string])[]) => ({ metric, values })
const matrix = (...result: readonly object[]) => JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } })
const vector = (...result: readonly object[]) => JSON.stringify({ status: 'success', data: { resultType: 'vector', result } })
const panel = { title: 'Heat', unit: 'celsius', curves: [{ expr: 'heat{x="a&b"}', legend: '{{host}}' }] }

test('a query is asked for its span, whatever is in it', () => {
  const { searchParams, pathname } = new URL(rangePath(panel.curves[0]?.expr ?? '', span), 'http://x')
  expect([pathname, Object.fromEntries(searchParams)]).toEqual([
    '/api/v1/query_range',
    { query: 'heat{x="a&b"}', start: '1000', end: '1200', step: '50' },
  ])
})

test('a rate is one over a step where steps are longer than it', () => {
  const query = (step: number) => new URL(rangePath('rate(x[5m])', { from: 0, to: 86_400, step }), 'http://x').searchParams.get('query')
  expect([query(300), query(900)]).toEqual(['rate(x[5m])', 'rate(x[900s])'])
})

test('a time without a value is a gap, and what is no number is one', async () => {
  const ask: AsksApi = () =>
    Promise.resolve(
      matrix(
        series({ host: 'b2' }, [
          [1000, '1'],
          [1100, 'NaN'],
          [1200, '+Inf'],
        ]),
        series({ host: 'b10' }, [[1050, '2.5']]),
      ),
    )
  expect(await pictureOf(panel, span, ask)).toEqual({
    title: 'Heat',
    unit: 'celsius',
    curves: [
      { name: 'b2', values: [1, null, null, null, null] },
      { name: 'b10', values: [null, 2.5, null, null, null] },
    ],
    missing: [],
  })
})

test('points that come in another order, or beyond the span, are where they belong', () => {
  expect(
    onPoints(
      [
        [1200, 4],
        [1000, 1],
        [1300, 9],
        [900, 9],
      ],
      span,
    ),
  ).toEqual([1, null, null, null, 4])
})

test('a query that fails is told in its picture, and takes no other with it', async () => {
  const two = { title: 'Two', curves: [...panel.curves, { expr: 'good', legend: 'good' }] }
  const ask: AsksApi = path =>
    Promise.resolve(
      path.includes('good') ? matrix(series({}, [[1000, '1']])) : JSON.stringify({ status: 'error', error: 'query timed out' }),
    )
  const { curves, missing } = await pictureOf(two, span, ask)
  expect(curves.map(({ name }) => name)).toEqual(['good'])
  expect(missing).toEqual(['The query `heat{x="a&b"}` failed: query timed out'])
})

test.for([
  ['<html>a proxy</html>', 'the answer is no JSON'],
  ['{"status":"success","data":{"result":[{"metric":{},"values":[["now",1]]}]}}', 'not one of Prometheus’ API'],
])('an answer that is none is told: %s', async ([text = '', said = '']) => {
  const { missing } = await pictureOf(panel, span, () => Promise.resolve(text))
  expect(missing.join()).toContain(said)
})

test('of too many curves the rest is counted', async () => {
  const many = Array.from({ length: 30 }, (_, index) => series({ host: `h${index}` }, [[1000, '1']]))
  const { curves, missing } = await pictureOf(panel, span, () => Promise.resolve(matrix(...many)))
  expect([curves.length, missing]).toEqual([24, ['6 more curves are left out.']])
})

test('who was never asked, who is away and who was away for a while are told, and open alerts', async () => {
  const up = (host: string, value: string) => ({ metric: { job: 'node', host }, value: [1200, value] })
  const ask: AsksApi = path => {
    if (path === '/api/v1/alerts')
      return Promise.resolve(
        JSON.stringify({
          data: {
            alerts: [
              { state: 'firing', labels: { alertname: 'Hot' }, annotations: { summary: 'one is hot' } },
              { state: 'firing', labels: { alertname: 'Bare' }, annotations: {} },
              { state: 'pending', labels: { alertname: 'Soon' }, annotations: { summary: 'not yet' } },
            ],
          },
        }),
      )
    return Promise.resolve(
      path.includes('avg_over_time')
        ? vector(up('well', '1'), up('away', '0.25'), up('came', '0.9'))
        : vector(up('well', '1'), up('away', '0'), up('came', '1')),
    )
  }
  const targets = ['well', 'away', 'came', 'never'].map(host => ({ job: 'node', host }))
  expect((await notesOf(targets, span, ask)).map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    'alert: one is hot',
    'alert: Bare',
    'missing: node on away does not answer now; it did 25 % of the time.',
    'missing: node on came did not answer 10 % of the time.',
    'missing: node on never was not asked in all of this time.',
  ])
})

test('what cannot be known is not taken for well', async () => {
  const notes = await notesOf([{ job: 'node', host: 'a' }], span, () => Promise.reject(new Error('gone')))
  expect(notes).toEqual([
    { kind: 'failed', text: 'Which alerts are open is not known: gone' },
    { kind: 'failed', text: 'Which targets answer is not known: gone' },
  ])
})

test('a Pi is asked one query after the other', async () => {
  let now = 0
  let most = 0
  const ask: AsksApi = async () => {
    most = Math.max(most, ++now)
    await new Promise(done => setTimeout(done, 2))
    now--
    return matrix()
  }
  const seen: string[] = []
  await partsOf(
    [
      { id: 'a', title: 'A', panels: [panel, panel, panel] },
      { id: 'b', title: 'B', panels: [panel] },
    ],
    span,
    ask,
    (done, of) => seen.push(`${done}/${of}`),
  )
  expect([most, seen]).toEqual([1, ['0/4', '1/4', '2/4', '3/4']])
})
