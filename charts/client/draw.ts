import uPlot from 'uplot'
import { axisText, valueText } from '../units.ts'

/** What the page tells this script; see `PageData` of charts/page.ts. */
interface Data {
  readonly from: number
  readonly step: number
  readonly pictures: readonly { readonly from?: number; readonly unit?: string; readonly curves: readonly (readonly (number | null)[])[] }[]
}

const colours = 8
const dark = matchMedia('(prefers-color-scheme: dark)')
const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as Data

/** Steps of an axis of bytes, so that its lines stand at whole units. */
const powersOfTwo = Array.from({ length: 51 }, (_, power) => 2 ** power)

const two = (number: number) => String(number).padStart(2, '0')
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const clock = (date: Date) => `${two(date.getHours())}:${two(date.getMinutes())}${data.step < 15 ? `:${two(date.getSeconds())}` : ''}`
const day = (date: Date) => `${date.getDate()} ${months[date.getMonth()]}`
const moment = (seconds: number) => {
  const date = new Date(seconds * 1000)
  return `${day(date)} ${clock(date)}`
}

for (const time of document.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
  const date = new Date(time.dateTime)
  time.textContent = `${day(date)} ${date.getFullYear()} ${clock(date)}`
}

/** A value between two times of which nothing is known has no line: it is drawn as a point. */
function alone(values: readonly (number | null | undefined)[]): number[] {
  return values.flatMap((value, index) => (value != null && values[index - 1] == null && values[index + 1] == null ? [index] : []))
}

function axisTimes(_: uPlot, splits: number[], __: number, ___: number, increment: number): string[] {
  let last = ''
  return splits.map(seconds => {
    const date = new Date(seconds * 1000)
    const name = day(date)
    if (increment >= 86_400) return name
    const text = name === last ? clock(date) : `${clock(date)}\n${name}`
    last = name
    return text
  })
}

function draw(figure: HTMLElement, { unit, curves, from = data.from }: Data['pictures'][number]): uPlot | undefined {
  const place = figure.querySelector<HTMLElement>('.chart')
  const told = figure.querySelector<HTMLElement>('figcaption time')
  const values = [...figure.querySelectorAll<HTMLElement>('.legend b')]
  if (!place || !told) return undefined
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(name).trim()
  const font = `12px ${getComputedStyle(document.body).fontFamily}`
  const times = Array.from({ length: Math.max(...curves.map(each => each.length)) }, (_, index) => from + index * data.step)
  const lasts = values.map(each => each.textContent)
  const axis = { stroke: of('--soft'), font, grid: { stroke: of('--line'), width: 1 }, ticks: { show: false } }
  const chart = new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      legend: { show: false },
      cursor: { sync: { key: `from ${from}` }, drag: { x: true, y: false }, points: { size: 7 }, y: false },
      scales: { x: { time: true, range: (_, from, to) => [from, to] }, y: { range: (_, min, max) => rangeOf(min, max, unit) } },
      axes: [
        { ...axis, values: axisTimes, space: 64, gap: 6, size: 40 },
        {
          ...axis,
          gap: 6,
          space: 36,
          ...(unit === 'bytes' && { incrs: powersOfTwo }),
          values: (_, splits) => splits.map(value => axisText(value, unit)),
          size: (_, texts) => 14 + Math.max(0, ...(texts ?? []).map(text => text.length)) * 7,
        },
      ],
      series: [
        {},
        ...curves.map((_, index) => ({
          stroke: of(`--c${index % colours}`),
          width: 1.75,
          ...(index >= colours && { dash: [6, 3] }),
          points: {
            show: true,
            size: 4,
            fill: of(`--c${index % colours}`),
            filter: (u: uPlot, series: number) => alone(Array.from(u.data[series] ?? [])),
          },
        })),
      ],
      hooks: {
        setCursor: [
          ({ cursor: { idx } }) => {
            const at = typeof idx === 'number' ? times[idx] : undefined
            told.textContent = at === undefined ? '' : moment(at)
            for (const [index, value] of values.entries()) {
              const here = typeof idx === 'number' ? curves[index]?.[idx] : undefined
              value.textContent = at === undefined ? (lasts[index] ?? '') : here == null ? '–' : valueText(here, unit)
            }
          },
        ],
      },
    },
    [times, ...curves.map(each => [...each])] as uPlot.AlignedData,
    place,
  )
  return chart
}

/** Temperatures fill the picture; all else begins at nothing, so that a height is an amount. */
function rangeOf(min: number, max: number, unit: string | undefined): [number, number] {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return [0, 1]
  if (unit === 'celsius') {
    const room = Math.max(0.5, (max - min) * 0.12)
    return [min - room, max + room]
  }
  const top = max > 0 ? max * 1.1 : 1
  return [min < 0 ? min * 1.1 : 0, top]
}

const figures = [...document.querySelectorAll<HTMLElement>('figure[data-picture]')]
const drawn = new Map<HTMLElement, uPlot>()

function drawAll(): void {
  for (const chart of drawn.values()) chart.destroy()
  drawn.clear()
  for (const figure of figures) {
    const picture = data.pictures[Number(figure.dataset['picture'])]
    const chart = picture && draw(figure, picture)
    if (chart) drawn.set(figure, chart)
  }
}

drawAll()
dark.addEventListener('change', drawAll)
let width = document.documentElement.clientWidth
addEventListener('resize', () => {
  if (width === document.documentElement.clientWidth) return
  width = document.documentElement.clientWidth
  for (const [figure, chart] of drawn) {
    const place = figure.querySelector<HTMLElement>('.chart')
    if (place) chart.setSize({ width: place.clientWidth, height: place.clientHeight })
  }
})
