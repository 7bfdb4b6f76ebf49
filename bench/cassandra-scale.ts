// What tokens by weight are worth: one Pi alone, another of twice its power alone, both with half of the ring each, both with what each can
// carry.
import { parseArgs } from 'node:util'
import type { Fleet } from '../engine/inventory/types.ts'
import { down, up } from '../lab/index.ts'
import { inflight, inside, measure, tpsOf, warmUp, type Measured } from './ring/load.ts'
import { Scene } from './ring/inventory.ts'
import { heading, line } from './ring/table.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '75' },
    keep: { type: 'boolean', default: false },
    down: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const scene = new Scene()
const empties = `cql -e 'TRUNCATE temperature.reading'`

try {
  const fleet = await scene.nodes('a')
  if (values.down) await down(fleet)
  else await main(fleet)
} finally {
  if (!values.keep && !values.down) await down(await scene.nodes('a'))
  if (!values.keep) scene.remove()
}

async function main(fleet: Fleet): Promise<void> {
  await up(fleet, { on: ({ text }) => console.log(text) })
  await scene.run('provision')
  const a = await measured('A alone', fleet, ['a'])

  // The same cluster's name and accounts, and no node of it knows the other.
  await scene.nodes('b')
  await scene.run('provision', 'b')
  const b = await measured('B alone', fleet, ['b'])

  // The cores are one machine's: what each does while the other is busy too, and nothing else between them.
  for (const host of ['a', 'b']) await inside(fleet, host, empties)
  const apart = await measure(fleet, [['a'], ['b']], seconds)
  console.log(line('A, B, two rings', apart))

  await inside(fleet, 'b', 'systemctl stop cassandra && rm -rf /var/lib/cassandra/*')
  await scene.nodes('a', 'b')
  await scene.run('provision')
  const before = await measured('A + B, 1 : 1', fleet, ['a', 'b'])

  // The weights are what each can do: that is what they are for.
  const weight = (tpsOf(b) / tpsOf(a)).toFixed(2)
  await scene.run('rebalance', '--weights', `a=1,b=${weight}`)
  const after = await measured(`A + B, 1 : ${weight}`, fleet, ['a', 'b'])

  const sum = tpsOf(a) + tpsOf(b)
  const of = (measurement: Measured) =>
    `${(tpsOf(measurement) / sum).toFixed(2)} of it, ${(tpsOf(measurement) / tpsOf(apart)).toFixed(2)} of two rings at once`
  console.log(
    `\n${inflight} INSERTs in flight, each reading a partition, ${seconds} s after a warm-up; cores are of this machine\n${heading}`,
  )
  console.log(
    [
      line('A alone', a),
      line('B alone', b),
      line('A, B, two rings', apart),
      line('A + B, 1 : 1', before),
      line(`A + B, 1 : ${weight}`, after),
    ].join('\n'),
  )
  console.log(`\nA alone + B alone   ${sum.toFixed(0)}`)
  console.log(`two rings at once   ${(tpsOf(apart) / sum).toFixed(2)} of it: what sharing one machine costs`)
  console.log(`equal tokens        ${of(before)}`)
  console.log(`tokens by weight    ${of(after)} (goal 0.90), ${(tpsOf(after) / tpsOf(before)).toFixed(2)} times equal tokens`)
}

async function measured(name: string, fleet: Fleet, nodes: readonly string[]): Promise<Measured> {
  console.log(`${name}: ${await inside(fleet, nodes[0] ?? '', `nodetool status temperature | grep '^[UD][NLJM] '`)}`)
  const rounds = await warmUp(fleet, nodes)
  console.log(`${name}: warm-up ${rounds.map(tps => tps.toFixed(0)).join(' ')} TPS`)
  // Each on an empty table: the larger it is, the more of the Pi goes into compaction.
  await inside(fleet, nodes[0] ?? '', empties)
  const result = await measure(fleet, [nodes], seconds)
  console.log(line(name, result))
  return result
}
