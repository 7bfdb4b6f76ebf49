// Messages a second `collect` sends to a real mosquitto on the loopback interface, over TLS with a client certificate, beside two other
// programs that publish the same on as many connections: Debian's `mosquitto_pub -l`, and the Paho client of Python. In turn.
import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { messagesOf } from '../collector/backends/mqtt/message.ts'
import { collectorEntry } from '../collector/entry.ts'
import type { LoadReport } from '../collector/load/report.ts'
import { buildProgram } from '../engine/programs/index.ts'
import { Mosquitto } from '../test/engines/mqtt-support/mosquitto.ts'
import { shown, summary } from './measure.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '4' },
    window: { type: 'string', default: '90' },
    note: { type: 'string', default: '' },
  },
})
const [rounds, seconds, threads] = [values.rounds, values.seconds, values.threads].map(Number) as [number, number, number]
const thing = 'load'
const topic = `temperature/${thing}/reading`
const [payload = ''] = messagesOf([{ location: thing, date: 1_790_000_000_000_000, value: 20, note: values.note }], 1)
const run = promisify(execFile)
/** What tells how fast a program is. */
const fewMessages = 10_000
// Debian's packages are for Debian's Python, which need not be the first on the path.
const python = ['python3', '/usr/bin/python3'].find(
  each => spawnSync(each, ['-c', 'import paho.mqtt.client'], { stdio: 'ignore' }).status === 0,
)
/** With QoS 0 nobody waits for an answer: as many are on their way as the sender likes. */
const inflight = (qos: number) => (qos === 0 ? '1000' : values.window)

const broker = await Mosquitto.create()
const { path: bundle } = await buildProgram(collectorEntry)
try {
  await broker.start()
  const folder = await broker.folderOf(thing)
  const others: Readonly<Record<string, (qos: number, count: number) => Promise<number>>> = {
    ...(spawnSync('mosquitto_pub', ['--help'], { stdio: 'ignore' }).error === undefined && {
      'mosquitto_pub -l': (qos: number, count: number) => mosquittoPub(folder, qos, count),
    }),
    ...(python !== undefined && { 'paho (Python)': (qos: number, count: number) => paho(folder, qos, count) }),
  }
  const missing = ['mosquitto_pub -l', 'paho (Python)'].filter(name => !(name in others))
  if (missing.length > 0) console.log(`not here: ${missing.join(', ')} (Debian: mosquitto-clients, python3-paho-mqtt)`)
  console.log(
    `${rounds} rounds in turn, ${seconds} s of collect, and as many messages of the others as take them about that; messages a second, median (least–most)`,
  )
  console.log(`message: ${payload}`)
  for (const qos of [0, 1])
    for (const connections of [1, threads]) {
      console.log(`\nQoS ${qos}, ${connections === 1 ? 'one connection' : `${connections} connections`}`)
      await beside(qos, connections, folder, others)
    }
} finally {
  await broker.destroy()
}

async function beside(
  qos: number,
  connections: number,
  folder: string,
  others: Readonly<Record<string, (qos: number, count: number) => Promise<number>>>,
): Promise<void> {
  const ours: number[] = []
  const theirs = new Map<string, number[]>(Object.keys(others).map(name => [name, []]))
  const together = async (send: (qos: number, count: number) => Promise<number>, count: number) =>
    (await Promise.all(Array.from({ length: connections }, () => send(qos, count)))).reduce((sum, rate) => sum + rate, 0)
  await collect(qos, connections, folder)
  // Warms the broker, and says how many messages keep each of them busy as long.
  const counts = new Map<string, number>()
  for (const [name, send] of Object.entries(others))
    counts.set(name, Math.max(1000, Math.round(((await together(send, fewMessages)) * seconds) / connections)))
  for (let round = 0; round < rounds; round++) {
    ours.push(await collect(qos, connections, folder))
    for (const [name, send] of Object.entries(others)) theirs.get(name)?.push(await together(send, counts.get(name) ?? 0))
  }
  console.log(`${'collect'.padEnd(20)}${shown(summary(ours), 0)}`)
  for (const [name, rates] of theirs) {
    const ratio = summary(ours.map((rate, round) => rate / (rates[round] ?? NaN)))
    console.log(`${name.padEnd(20)}${shown(summary(rates), 0).padEnd(28)}collect is ${shown(ratio)} times that (goal 1)`)
  }
}

async function collect(qos: number, connections: number, folder: string): Promise<number> {
  const flags = {
    backend: 'awsiot',
    broker: `127.0.0.1:${broker.port}`,
    thing,
    certificates: folder,
    'client-id': 'own',
    messages: 0,
    qos,
    threads: connections,
    inflight: inflight(qos),
    duration: `${seconds}s`,
    location: thing,
    sensor: '/nowhere',
  }
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
  const { stdout } = await run(process.execPath, [bundle, ...words, `--note=${values.note}`, '--json'])
  const { tps, errors } = JSON.parse(stdout) as LoadReport
  if (Object.keys(errors).length > 0) console.log(errors)
  return tps
}

/** Its start and its handshake count: some hundredths of a second. */
async function mosquittoPub(folder: string, qos: number, count: number): Promise<number> {
  const lines = join(folder, `lines-${count}`)
  writeFileSync(lines, `${payload}\n`.repeat(count))
  const shown = ['--cafile', 'rootCA.pem', '--cert', 'certificate.pem.crt', '--key', 'private.pem.key']
  const where = ['-V', 'mqttv5', '-h', '127.0.0.1', '-p', broker.port, '-t', topic, '-q', qos, '-M', values.window, '-l']
  const began = performance.now()
  await run('bash', ['-c', 'exec mosquitto_pub "$@" <"$0"', lines, ...shown, ...where.map(String)], { cwd: folder })
  return count / ((performance.now() - began) / 1000)
}

async function paho(folder: string, qos: number, count: number): Promise<number> {
  const program = fileURLToPath(new URL('mqtt/publish.py', import.meta.url))
  const words = ['127.0.0.1', broker.port, folder, topic, payload, qos, count, values.window].map(String)
  return Number((await run(python ?? '', [program, ...words])).stdout)
}
