import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { offersOf } from '../../engine/offer.ts'
import { varsOf } from '../../engine/run/resolve.ts'
import { boardsOf } from '../../roles/boards.ts'
import { registry } from '../../roles/index.ts'
import { metrics } from '../../roles/offers.ts'
import { fleetOf, hostsNamed } from '../unit/engine/run/folder-session.ts'
import { start, type Ended } from '../unit/scripts/project.ts'
import { prometheusWith, type Running } from './report-support/prometheus.ts'
import { hosts, openMetrics, upMetrics, wantedBy } from './report-support/series.ts'

const roles = await registry.all()

/** Every role that offers figures, and more hosts with those of a producer. */
const inventory: {
  readonly fleet: string
  readonly hosts: Readonly<Record<string, { readonly address: string; readonly roles: readonly string[] }>>
} = {
  fleet: 'home',
  hosts: Object.fromEntries([
    ...hosts.map((name, index) => [name, { address: `10.0.0.${index + 1}`, roles: ['exporters', 'collector'] }]),
    ...registry.names
      .filter(name => !['base', 'exporters', 'collector'].includes(name))
      .map((name, index) => [`${name}1`, { address: `10.0.1.${index + 1}`, roles: [name] }]),
  ]),
}
const fleet = fleetOf(Object.entries(inventory.hosts).flatMap(([name, host]) => hostsNamed([name], host.roles)))
const offers = offersOf(fleet, roles, varsOf)(metrics)
const boards = boardsOf(offers)
const panels = boards.reduce((sum, board) => sum + board.panels.length, 0)

const now = Math.floor(Date.now() / 60_000) * 60
const from = now - 25 * 3600
const gap = [now - 9 * 3600, now - 7 * 3600] as const
const targets = offers.map(({ host, value: { job } }) => ({
  job,
  host: host.name,
  up: (at: number) =>
    !(host.name === 'producer2' && at >= gap[0] && at < gap[1]) && !(host.name === 'producer3' && job === 'collector' && at > now - 3600),
}))

let folder: string
let server: Running
let ended: Ended
let file: string
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'report-'))
  writeFileSync(path.join(folder, 'home.yaml'), stringify(inventory))
  // One that is asked by nobody.
  const asked = targets.filter(({ job, host }) => !(job === 'node' && host === 'producer3'))
  server = await prometheusWith(openMetrics(wantedBy(boards), { from, to: now, gap }) + upMetrics(asked, from, now), folder)
  file = path.join(folder, 'home.html')
  ended = report('--json')
}, 120_000)
afterAll(async () => {
  await server?.end()
  rmSync(folder, { recursive: true, force: true })
})
const report = (...words: string[]) =>
  start('report', ['--inventory', 'home.yaml', '--from', `http://127.0.0.1:${server.port}`, '--out', file, ...words], { cwd: folder })

interface Said {
  readonly pictures: number
  readonly seen: number
  readonly notes: readonly { readonly kind: string; readonly text: string }[]
}

it('has a picture with curves for every panel of every role', () => {
  expect([ended.code, ended.stderr]).toEqual([0, ''])
  const { pictures, seen } = JSON.parse(ended.stdout) as Said
  expect([pictures, seen]).toEqual([panels, panels])
})

it('tells who was not asked, who is away and who was away', () => {
  const { notes } = JSON.parse(ended.stdout) as Said
  const said = notes.map(({ kind, text }) => `${kind}: ${text}`)
  expect(said).toContain('missing: node on producer3 was not asked in all of this time.')
  expect(said.join('\n')).toMatch(/missing: collector on producer3 does not answer now; it did 9[56](?:\.\d)? % of the time\./)
  expect(said.join('\n')).toMatch(/missing: collector on producer2 did not answer [89](?:\.\d)? % of the time\./)
  expect(said.filter(text => text.includes('mariadb1'))).toEqual([])
})

it('is one file that loads nothing', () => {
  const text = readFileSync(file, 'utf8')
  expect(text).not.toMatch(/(?:src|href)=|url\(|@import/)
  expect(text.length).toBeLessThan(2_000_000)
})

it('says what there is to a person, and where nobody answers no page is written', () => {
  expect(report('--since', '2h')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(new RegExp(`home\\.html: ${panels} of ${panels} pictures have something to see`)) as string,
  })
  const nobody = start('report', ['--inventory', 'home.yaml', '--from', 'http://127.0.0.1:1', '--out', 'none.html'], { cwd: folder })
  expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('127.0.0.1:1 does not answer') as string })
  expect(existsSync(path.join(folder, 'none.html'))).toBe(false)
})

const browserFile = ['chromium-headless-shell', 'chromium', 'google-chrome'].map(name => `/usr/bin/${name}`).find(each => existsSync(each))
if (browserFile === undefined)
  console.warn('SKIPPED: 3 tests of the report in a browser: no Chromium is installed (Debian: apt install chromium-headless-shell)')

/** What a reader may have. */
const readers = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'phone', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

describe.runIf(browserFile !== undefined)('in a browser', () => {
  let browser: Browser
  beforeAll(async () => {
    report()
    browser = await chromium.launch({ executablePath: browserFile ?? '', args: ['--no-sandbox'] })
  }, 60_000)
  afterAll(() => browser?.close())

  it.each(readers)(
    '$name: every picture is drawn, nothing is asked of a network, nothing is wider than the screen',
    async ({ name, colorScheme, viewport }) => {
      const context = await browser.newContext({ colorScheme, viewport, deviceScaleFactor: 1, offline: true })
      const page = await context.newPage()
      const said: string[] = []
      const asked: string[] = []
      page.on('console', message => said.push(message.text()))
      page.on('pageerror', error => said.push(error.message))
      page.on('request', request => asked.push(request.url()))
      await page.goto(pathToFileURL(file).href)
      // In the page: which pictures have ink in their canvas, of whatever colour.
      const drawn = await page.evaluate(`[...document.querySelectorAll('figure[data-picture]')].filter(figure => {
      const canvas = figure.querySelector('canvas')
      if (!canvas) return false
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let ink = 0
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 0 && Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]) > 40) ink++
      return ink > 30
    }).length`)
      expect(drawn).toBe(panels)
      expect(said).toEqual([])
      expect(asked).toEqual([pathToFileURL(file).href])
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width)
      const shots = process.env['REPORT_SHOTS']
      if (shots) await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true })
      // Where the pointer is, the legend has the values of that time.
      const before = await page.evaluate(`document.querySelector('.legend b').textContent`)
      const box = await page.locator('.chart canvas').first().boundingBox()
      await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2)
      expect(await page.evaluate(`document.querySelector('figcaption time').textContent`)).toMatch(/^\d+ \w{3} \d\d:\d\d$/)
      expect(await page.evaluate(`document.querySelector('.legend b').textContent`)).not.toBe(before)
      await context.close()
    },
    60_000,
  )

  it('a name is text, whatever it is', async () => {
    const { pageOf } = await import('../../charts/page.ts')
    const { pageParts } = await import('../../charts/assets.ts')
    const evil = `</script><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
    const values = [1, 2, 3]
    const picture = { title: evil, unit: 'celsius', curves: [{ name: evil, values }], missing: [evil] }
    const of = { fleet: evil, hosts: 1, span: { from: 0, to: 120, step: 60 }, source: evil, made: 0 }
    writeFileSync(
      file,
      pageOf({ ...of, notes: [{ kind: 'alert', text: evil }], parts: [{ title: evil, pictures: [picture] }] }, await pageParts()),
    )
    const page = await browser.newPage()
    await page.goto(pathToFileURL(file).href)
    expect(await page.evaluate('document.images.length')).toBe(0)
    expect(await page.title()).toContain(evil.slice(0, 20))
    expect(await page.locator('.legend .name').first().textContent()).toBe(evil)
  }, 60_000)
})
