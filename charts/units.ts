/** Values for people, by Grafana's words for units. No locale: a report reads alike everywhere. */
type Writes = (value: number) => string

const digits = (value: number, places: number) =>
  value
    .toFixed(places)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '')
const three = (value: number) => digits(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)

/** With the largest of these prefixes that leaves a number above 1. */
function scaled(value: number, base: number, units: readonly string[]): string {
  const size = Math.abs(value)
  const index = size < base ? 0 : Math.min(units.length - 1, Math.floor(Math.log(size) / Math.log(base) + 1e-9))
  return `${three(value / base ** index)} ${units[index]}`.trim()
}

const seconds: Writes = value => {
  const size = Math.abs(value)
  if (size === 0) return '0 s'
  if (size < 1e-3) return `${three(value * 1e6)} µs`
  if (size < 1) return `${three(value * 1e3)} ms`
  if (size < 120) return `${three(value)} s`
  if (size < 7200) return `${three(value / 60)} min`
  return size < 172_800 ? `${three(value / 3600)} h` : `${three(value / 86_400)} d`
}

const plain: Writes = value => scaled(value, 1000, ['', 'k', 'M', 'G', 'T'])

const writers: Readonly<Record<string, Writes>> = {
  celsius: value => `${value.toFixed(1)} °C`,
  percentunit: value => `${three(value * 100)} %`,
  percent: value => `${three(value)} %`,
  bytes: value => scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']),
  decbytes: value => scaled(value, 1000, ['B', 'kB', 'MB', 'GB', 'TB']),
  Bps: value => `${scaled(value, 1000, ['B', 'kB', 'MB', 'GB'])}/s`,
  ops: value => `${plain(value)}/s`,
  s: seconds,
  ms: value => seconds(value / 1000),
}

/** A value with its unit: `21.4 °C`, `1.5 GiB`. */
export function valueText(value: number, unit?: string): string {
  return (writers[unit ?? ''] ?? plain)(value)
}

/** The same beside an axis, where degrees need no tenths. */
export function axisText(value: number, unit?: string): string {
  return unit === 'celsius' ? `${digits(value, 1)} °C` : valueText(value, unit)
}
