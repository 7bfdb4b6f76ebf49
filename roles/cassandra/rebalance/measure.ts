import type { Hosts } from '../../../engine/operation/index.ts'
import { Failed } from '../../../engine/errors.ts'
import type { Weights } from '../tokens/index.ts'

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
 * cores, for a fixed time, so that a quota counts as well as a slow core. JavaScript, for the role has put Node.js there.
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

const ticks = `p=$(systemctl show -p MainPID --value cassandra); [ "$p" -gt 0 ] && awk '{print $14 + $15}' /proc/$p/stat || echo 0`

/** Measures one Pi, for about six seconds. @throws Failed where it has no Node.js */
export async function measure(host: string, hosts: Pick<Hosts, 'text'>): Promise<Measured> {
  const text = await hosts.text(
    host,
    `command -v node >/dev/null || { echo 'there is no Node.js: provision it first' >&2; exit 1; }
f=$(mktemp --suffix=.cjs); trap 'rm -f "$f"' EXIT
cat >"$f" <<'.'
${program}
.
a=$(${ticks}); sleep 1; b=$(${ticks}); echo $((b - a)) $(getconf CLK_TCK); node "$f"`,
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

/** Weights of what was measured: the slowest is 1, two digits. */
export function weightsOfMeasured(measured: ReadonlyMap<string, Measured>): Weights {
  const least = Math.min(...[...measured.values()].map(({ rounds }) => rounds))
  return Object.fromEntries([...measured].map(([name, { rounds }]) => [name, Math.round((rounds / least) * 100) / 100]))
}
