import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { pageParts } from '../../../charts/assets.ts'
import { dataScript, escaped, html } from '../../../charts/html.ts'
import { pageOf } from '../../../charts/page.ts'
import type { Report } from '../../../charts/picture.ts'

const evil = '</script><img src=x onerror="alert(1)">\'&'
const report: Report = {
  fleet: evil,
  hosts: 2,
  span: { from: 0, to: 600, step: 60 },
  source: `Prometheus on ${evil}`,
  made: 600,
  notes: [{ kind: 'missing', text: evil }],
  parts: [
    {
      title: evil,
      pictures: [
        {
          title: evil,
          unit: 'celsius',
          curves: [
            { name: evil, values: [20, 21, null, null, null, 22.123456789, null, null, null, null, null] },
            { name: 'silent', values: Array.from({ length: 11 }, () => null) },
          ],
          missing: [evil],
        },
        { title: 'Nothing', curves: [], missing: [] },
      ],
    },
  ],
}
const empty = (length: number) => Array.from({ length }, () => null)
const page = (of: Report = report) => pageOf(of, { css: 'body{}', script: 'draw()' })

test('no name of an inventory becomes HTML, wherever it stands', () => {
  const text = page()
  expect(text).not.toContain('<img')
  expect(text.match(/<\/script>/g)).toHaveLength(2)
  expect(text).toContain(escaped(evil))
})

test('its policy lets its own script run, and nothing else load', () => {
  const sum = createHash('sha256').update('draw()').digest('base64')
  expect(page()).toContain(`script-src ${escaped(`'sha256-${sum}'`)}; style-src`)
  expect(page()).toContain(`content="default-src ${escaped("'none'")};`)
  expect(page()).not.toMatch(/(?:src|href)="?http/)
})

test('what is missing is told: gaps, silent curves, pictures without figures', () => {
  const text = page()
  expect(text).toContain('nothing known of 8 min')
  expect(text).toContain('nothing known</span>')
  expect(text).toContain('No figures in this time.')
  expect(text).toContain('<h3>Missing</h3>')
  expect(text).not.toContain('Open alerts')
})

test('a location’s tile has what it measured last, how long ago, and between what it was', () => {
  expect(page()).toContain('<b>22.1 °C</b><span>5 min ago; 20.0 to 22.1 °C</span>')
})

test('data is as short as it is true: five digits', () => {
  const [, json = ''] = /id="data">([^<]*)</.exec(page()) ?? []
  expect(JSON.parse(json)).toMatchObject({
    from: 0,
    step: 60,
    pictures: [{ unit: 'celsius', curves: [[20, 21, null, null, null, 22.123, ...empty(5)], empty(11)] }, {}],
  })
})

test('text is escaped where it enters, HTML is not escaped twice', () => {
  expect(html`<p>${'<b>'}${html`<i>${'&'}</i>`}${[html`<u></u>`]}${3}</p>`.text).toBe('<p>&lt;b&gt;<i>&amp;</i><u></u>3</p>')
  expect(dataScript('x', ['</script>', '\u2028']).text).toBe(
    '<script type="application/json" id="x">["\\u003c/script\\u003e","\\u2028"]</script>',
  )
})

test('the style and the script are whole, and end no element', async () => {
  const { css, script } = await pageParts()
  expect(css).toContain('.uplot')
  expect(css).toContain('prefers-color-scheme: dark')
  expect(css).not.toMatch(/<\/|@import|url\(/)
  expect(script).not.toContain('</')
  expect(script.length).toBeLessThan(120_000)
})
