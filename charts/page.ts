import { createHash } from 'node:crypto'
import { duration } from '../engine/report/duration.ts'
import { dataScript, Html, html } from './html.ts'
import { hasValues, type Curve, type Note, type Picture, type Report, type Table } from './picture.ts'
import { valueText } from './units.ts'

/** What makes the page live and good to look at. */
export interface PageParts {
  readonly css: string
  /** A script for browsers; it finds the data in the page. */
  readonly script: string
}

/** Colours there are; a curve beyond them is dashed. */
export const colours = 8

/** What the script gets: the points' times by `from` and `step`, and the values of each picture in their order. */
export interface PageData {
  readonly from: number
  readonly step: number
  readonly pictures: readonly { readonly from?: number; readonly unit?: string; readonly curves: readonly (readonly (number | null)[])[] }[]
}

/** The whole report as one file: it loads nothing, and its policy forbids that it could. */
export function pageOf(report: Report, { css, script }: PageParts): string {
  const { fleet, span, source, made, hosts } = report
  const pictures = report.parts.flatMap(({ pictures: all }) => all)
  const data: PageData = {
    from: span.from,
    step: span.step,
    pictures: pictures.map(({ unit, curves, from }) => ({
      ...(from !== undefined && { from }),
      ...(unit !== undefined && { unit }),
      curves: curves.map(({ values }) => values.map(value => (value === null ? null : Number(value.toPrecision(5))))),
    })),
  }
  const sum = createHash('sha256').update(script).digest('base64')
  const policy = `default-src 'none'; script-src 'sha256-${sum}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`
  const length = duration(span.to - span.from)
  const parts = report.parts.map(
    ({ title, text, tables = [], pictures: all }) => html`<section>
<h2>${title}</h2>
${text === undefined ? '' : html`<p>${text}</p>\n`}${tables.map(table)}<div class="pictures">
${all.map(picture => figure(picture, pictures.indexOf(picture), report))}</div>
</section>
`,
  )
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${fleet}, ${length} to ${utc(span.to)}</title>
<style>${new Html(css)}</style>
</head>
<body>
<main>
<header>
<h1>${fleet}</h1>
<p>${moment(span.from)} to ${moment(span.to)}, ${hosts} ${hosts === 1 ? 'host' : 'hosts'}</p>
</header>
${tiles(report)}${noteBox(report.notes, 'alert', 'Open alerts')}${noteBox(report.notes, 'failed', 'Not known')}${noteBox(report.notes, 'missing', 'Missing')}${parts}<noscript><p class="told">The curves are drawn by a script, and scripts are off here. The last values stand below each picture.</p></noscript>
<footer>From ${source}. A point is ${duration(span.step)}; a break in a curve is a time of which nothing is known. Made ${moment(made)}.</footer>
</main>
${dataScript('data', data)}
<script>${new Html(script)}</script>
</body>
</html>
`.text
}

const utc = (seconds: number) => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** A time, which the script writes in the reader's own. */
const moment = (seconds: number) => html`<time datetime="${new Date(seconds * 1000).toISOString()}">${utc(seconds)}</time>`

/** What each location has now: the first thing that anybody asks. */
function tiles({ parts, span }: Report): Html {
  const [first] = parts.flatMap(({ pictures }) => pictures)
  if (first?.unit !== 'celsius' || !hasValues(first)) return html``
  return html`<ul class="tiles">
${first.curves.map(({ name, values }) => tile(name, values, span))}</ul>
`
}

function tile(name: string, values: Curve['values'], { step }: Report['span']): Html {
  const known = values.flatMap(value => value ?? [])
  const last = lastOf(values)
  if (!last) return html`<li><span>${name}</span><b>–</b><span>nothing known</span></li>\n`
  const degrees = (value: number) => valueText(value, 'celsius')
  const old = (values.length - 1 - last.index) * step
  return html`<li><span>${name}</span><b>${degrees(last.value)}</b><span>${
    old > 2 * step ? `${duration(old)} ago; ` : ''
  }${Math.min(...known).toFixed(1)} to ${degrees(Math.max(...known))}</span></li>\n`
}

function lastOf(values: Curve['values']): { readonly index: number; readonly value: number } | undefined {
  const index = values.findLastIndex(value => value !== null)
  const value = values[index]
  return value === undefined || value === null ? undefined : { index, value }
}

function noteBox(notes: readonly Note[], kind: Note['kind'], title: string): Html {
  const own = notes.filter(note => note.kind === kind)
  if (own.length === 0) return html``
  return html`<aside class="notes ${kind}">
<h3>${title}</h3>
<ul>
${own.map(({ text }) => html`<li>${text}</li>\n`)}</ul>
</aside>
`
}

function figure(picture: Picture, index: number, { span }: Report): Html {
  const { title, unit, curves, missing } = picture
  const sentences = missing.map(text => html`<p class="told">${text}</p>\n`)
  if (!hasValues(picture))
    return html`<figure>
<figcaption><h3>${title}</h3></figcaption>
<div class="chart empty">No figures in this time.</div>
${sentences}</figure>
`
  return html`<figure data-picture="${index}">
<figcaption><h3>${title}</h3><time></time></figcaption>
<div class="chart" role="img" aria-label="${title}: ${curves.map(({ name }) => name).join(', ')}"></div>
<ul class="legend">
${curves.map((curve, number) => legend(curve, number, unit, span.step))}</ul>
${sentences}</figure>
`
}

function table({ title, columns, rows }: Table): Html {
  const cell = (content: string | number) =>
    typeof content === 'number' ? html`<td class="number">${content}</td>` : html`<td>${content}</td>`
  return html`<div class="table">
${title === undefined ? '' : html`<h3>${title}</h3>\n`}<table>
<thead><tr>${columns.map(name => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(row => html`<tr>${row.map(cell)}</tr>\n`)}</tbody>
</table>
</div>
`
}

function legend({ name, values }: Curve, number: number, unit: string | undefined, step: number): Html {
  const last = lastOf(values)
  const gap = values.filter(value => value === null).length
  const text = last ? valueText(last.value, unit) : '–'
  // The newest point may be one that is not over yet.
  const told = gap > 2 ? html`<small>nothing known of ${duration(gap * step)}</small>` : html``
  return html`<li class="c${number % colours}${number >= colours ? ' dashed' : ''}"><i></i><span class="name">${name}</span><b>${text}</b>${told}</li>\n`
}
