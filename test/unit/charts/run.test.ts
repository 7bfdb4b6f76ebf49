import { expect, test } from 'vitest'
import { pageOf } from '../../../charts/page.ts'
import { reportOf, type Run } from '../../../charts/run.ts'

const run: Run = {
  name: 'a bench',
  hosts: 2,
  from: 1000.4,
  to: 1004,
  source: 'bench run',
  parts: [
    {
      title: 'Load',
      pictures: [
        {
          title: 'Rows a second',
          unit: 'ops',
          series: {
            mariadb: [
              [1000.5, 10],
              [1000.9, 20],
              [1003.2, 7],
              [2000, 1],
              [1001, Number.NaN],
            ],
          },
        },
      ],
      tables: [{ title: 'Results <b>', columns: ['store', 'rows'], rows: [['mariadb & co', 1700]] }],
    },
  ],
}

test('a point is the mean of its second; where nothing was measured is a break, and what lies outside is left out', () => {
  const report = reportOf(run, new Date(5_000_000))
  expect(report).toMatchObject({ fleet: 'a bench', span: { from: 1000, to: 1004, step: 1 }, made: 5000 })
  expect(report.parts[0]?.pictures[0]?.curves).toEqual([{ name: 'mariadb', values: [15, null, null, 7, null] }])
})

test('a run of hours has no more points than a screen shows', () => {
  const { span } = reportOf({ ...run, to: 1000 + 6 * 3600 }, new Date(0))
  expect((span.to - span.from) / span.step).toBeLessThanOrEqual(601)
  expect(span.to).toBeGreaterThanOrEqual(1000 + 6 * 3600)
})

test('its tables stand in the page, and no text in them is HTML', () => {
  const page = pageOf(reportOf(run, new Date(0)), { css: '', script: '' })
  expect(page).toContain('<h3>Results &lt;b&gt;</h3>')
  expect(page).toContain('<tr><td>mariadb &amp; co</td><td class="number">1700</td></tr>')
  expect(page).toContain('data-picture="0"')
})
