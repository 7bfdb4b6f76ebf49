import { Html, html } from './html.ts'

/** What a page about scenarios tells of one of them. */
export interface ScenarioTold {
  readonly scenario: string
  readonly store: string
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  readonly reasons: readonly string[]
  /** Milliseconds since 1970. */
  readonly began: number
  readonly seconds: number
  readonly readings: number
  readonly lost: readonly string[]
  readonly doubled: readonly string[]
  readonly happened: readonly { readonly at: number; readonly text: string; readonly fault?: 'begin' | 'end' }[]
  readonly samples: readonly { readonly at: number; readonly stored: number; readonly waiting: number }[]
  readonly faults: readonly {
    readonly text: string
    readonly proofs: readonly { readonly host: string; readonly expected: string; readonly measured: string; readonly took: boolean }[]
  }[]
}

/** The area that curves are drawn in. */
const size = { width: 900, height: 220 } as const

/** A page about scenarios as one file: it loads nothing, runs nothing, and its policy forbids that it could. */
export function scenarioPage(fleet: string, css: string, told: readonly ScenarioTold[], made: Date): string {
  const count = (verdict: ScenarioTold['verdict']): number => told.filter(each => each.verdict === verdict).length
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Scenarios of ${fleet}</title>
<style>${new Html(css)}
${new Html(ownStyle)}</style>
</head>
<body>
<main>
<header>
<h1>Scenarios of ${fleet}</h1>
<p>${count('pass')} passed, ${count('fail')} failed, ${count('inconclusive')} inconclusive. Made ${made.toISOString().slice(0, 16).replace('T', ' ')} UTC.</p>
</header>
${told.map(section)}</main>
</body>
</html>
`.text
}

const ownStyle = `.verdict{font-weight:600}.verdict.pass{color:var(--c2)}.verdict.fail{color:var(--alert)}.verdict.inconclusive{color:var(--warn)}
svg{width:100%;height:auto;background:var(--card);border:1px solid var(--line)}svg text{fill:var(--soft);font-size:12px}
svg .stored{stroke:var(--c0)}svg .waiting{stroke:var(--c1)}svg polyline{fill:none;stroke-width:1.5}svg rect{fill:var(--alert);opacity:.12}
section table{border-collapse:collapse;width:100%}section td,section th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}
.swatch{display:inline-block;width:1em;height:3px;vertical-align:middle;margin-right:.3em}`

function section(each: ScenarioTold): Html {
  const proofs = each.faults.flatMap(({ text, proofs: found }) => found.map(proof => ({ text, ...proof })))
  return html`<section>
<h2>${each.scenario}</h2>
<p class="verdict ${each.verdict}">${each.verdict}</p>
<ul>
${each.reasons.map(reason => html`<li>${reason}</li>\n`)}</ul>
<p>${each.readings} readings in ${each.store}, ${each.lost.length} lost, ${each.doubled.length} doubled; ${each.seconds.toFixed(0)} s.</p>
${picture(each)}
<h3>What was measured of each fault</h3>
<table>
<tr><th>fault</th><th>host</th><th>measured</th><th>expected</th><th>in force</th></tr>
${proofs.map(({ text, host, measured, expected, took }) => html`<tr><td>${text}</td><td>${host}</td><td>${measured}</td><td>${expected}</td><td>${took ? 'yes' : 'no'}</td></tr>\n`)}</table>
<h3>What happened</h3>
<table>
${each.happened.map(({ at, text }) => html`<tr><td>${at.toFixed(0)} s</td><td>${text}</td></tr>\n`)}</table>
</section>
`
}

/** Readings stored and waiting by time, each by its own highest; times with a fault in force are shaded. */
function picture({ samples, happened, seconds }: ScenarioTold): Html {
  if (samples.length < 2) return html`<p>No curve: the fleet was looked at ${samples.length} times.</p>`
  const end = Math.max(1, seconds)
  const x = (at: number): number => Number(((at / end) * size.width).toFixed(1))
  const line = (key: 'stored' | 'waiting', most: number): string =>
    samples.map(sample => `${x(sample.at)},${(size.height - (sample[key] / Math.max(1, most)) * (size.height - 20)).toFixed(1)}`).join(' ')
  const most = (key: 'stored' | 'waiting'): number => Math.max(...samples.map(sample => sample[key]))
  return html`<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="readings stored and waiting by time">
${bands(happened, end).map(([from, to]) => html`<rect x="${x(from)}" y="0" width="${Math.max(1, x(to) - x(from))}" height="${size.height}"/>\n`)}<polyline class="stored" points="${line('stored', most('stored'))}"/>
<polyline class="waiting" points="${line('waiting', most('waiting'))}"/>
<text x="4" y="14">0 to ${end.toFixed(0)} s</text>
</svg>
<p><span class="swatch" style="background:var(--c0)"></span>stored, at most ${most('stored')}; <span class="swatch" style="background:var(--c1)"></span>waiting, at most ${most('waiting')}; shaded: a fault is in force.</p>
`
}

/** Times with a fault in force. */
export function bands(happened: ScenarioTold['happened'], end: number): readonly (readonly [from: number, to: number])[] {
  const found: [number, number][] = []
  for (const { at, fault, text } of happened) {
    if (fault === 'begin') found.push([at, end])
    else if (fault === 'end') {
      // "all healed" ends all; another end its own, which is the oldest that goes on.
      for (const band of text === 'all healed' ? found : found.filter(([, to]) => to === end).slice(0, 1)) if (band[1] === end) band[1] = at
    }
  }
  return found
}
