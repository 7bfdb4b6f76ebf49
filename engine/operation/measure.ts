import { Failed } from '../errors.ts'
import { quote } from '../shell.ts'
import type { Hosts } from './hosts.ts'

/** What a Pi did in the benchmark, and how busy it was without it. */
export interface Measured {
  /** Rounds a second on all its cores together. */
  readonly rounds: number
  /** Cores that its server used in the second before: it was not idle where this is not near 0. */
  readonly busy: number
}

const seconds = 4

/**
 * A round is what a server does for a row, over and over: parse, look up, copy, checksum. As many at a time as there are
 * cores, for a fixed time, so that a quota counts as well as a slow core. JavaScript, for roles put Node.js there.
 */
const program = `
const { Worker, isMainThread, parentPort } = require('node:worker_threads')
const { createHash } = require('node:crypto')
const { availableParallelism, cpus } = require('node:os')
if (isMainThread) {
  const many = availableParallelism?.() ?? cpus().length
  let sum = 0, left = many
  for (let each = 0; each < many; each++) new Worker(__filename).on('message', (rounds) => { sum += rounds; if (--left === 0) console.log(sum / ${seconds}) })
} else {
  const rows = new Map()
  const round = (index) => {
    const row = JSON.parse('{"place":"producer' + (index % 997) + '","value":' + (index % 89) / 2 + '}')
    rows.set(createHash('sha1').update(row.place).digest('latin1'), [...(rows.get(row.place) ?? []), row.value].slice(-8))
  }
  let rounds = 0
  const warm = Date.now() + 1000, end = warm + ${seconds * 1000}
  while (Date.now() < warm) for (let each = 0; each < 200; each++) round(each)
  while (Date.now() < end) { for (let each = 0; each < 200; each++) round(each); rounds += 200 }
  parentPort.postMessage(rounds)
}
`

const ticks = (unit: string) =>
  `p=$(systemctl show -p MainPID --value ${quote(unit)}); [ "$p" -gt 0 ] && awk '{print $14 + $15}' /proc/$p/stat || echo 0`

/** Measures one Pi, for about six seconds; `unit`: its server, which should be idle. @throws Failed where it has no Node.js */
export async function measure(host: string, unit: string, hosts: Pick<Hosts, 'text'>): Promise<Measured> {
  const text = await hosts.text(
    host,
    `command -v node >/dev/null || { echo 'there is no Node.js: provision it first' >&2; exit 1; }
f=$(mktemp --suffix=.cjs); trap 'rm -f "$f"' EXIT
cat >"$f" <<'.'
${program}
.
a=$(${ticks(unit)}); sleep 1; b=$(${ticks(unit)}); echo $((b - a)) $(getconf CLK_TCK); node "$f"`,
    60,
  )
  const [used = 0, clock = 100, rounds = 0] = text.trim().split(/\s+/).map(Number)
  if (!(rounds > 0))
    throw new Failed({
      message: `${host}: the benchmark said ${JSON.stringify(text.trim())}`,
      hint: 'give the weights by hand: --weights NAME=2,OTHER=1',
    })
  return { rounds, busy: used / clock }
}

/** Weights of a benchmark on one Pi after the other: virtual ones share the cores of one machine. */
export async function measuredWeights(
  names: readonly string[],
  unit: string,
  { hosts, tell }: { readonly hosts: Pick<Hosts, 'text'>; tell(text: string): void },
): Promise<Readonly<Record<string, number>>> {
  const results = new Map<string, Measured>()
  for (const name of names) {
    tell(`${name}: measuring …`)
    const result = await measure(name, unit, hosts)
    results.set(name, result)
    const busy =
      result.busy > 0.1 ? `; its server used ${result.busy.toFixed(1)} cores meanwhile: stop what writes to it, and measure again` : ''
    tell(`${name}: ${Math.round(result.rounds)} rounds/s${busy}`)
  }
  return weightsOfMeasured(results)
}

/** Weights of what was measured: the slowest is 1, two digits. */
export function weightsOfMeasured(measured: ReadonlyMap<string, Measured>): Readonly<Record<string, number>> {
  const least = Math.min(...[...measured.values()].map(({ rounds }) => rounds))
  return Object.fromEntries([...measured].map(([name, { rounds }]) => [name, Math.round((rounds / least) * 100) / 100]))
}
