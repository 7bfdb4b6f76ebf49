// Messages a second `collect` sends to a real mosquitto on the loopback interface, over TLS with a client certificate, beside Debian's
// `mosquitto_pub -l`, which publishes the same on as many connections. In turn.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
/** What tells how fast it is. */
const fewMessages = 10_000
/**
 * Messages of one run of `mosquitto_pub`. At the end of its lines it waits for the number of the last message, and such a number is of 16
 * bits: of more lines it goes as soon as an older message with that number is acknowledged, and most are never sent.
 */
const mostOfOneRun = 60_000
/** With QoS 0 nobody waits for an answer: as many are on their way as the sender likes. */
const inflight = (qos: number) => (qos === 0 ? '1000' : values.window)

const broker = await Mosquitto.create()
/** Messages that the broker had when it was last asked. */
let seen = 0
const { path: bundle } = await buildProgram(collectorEntry)
try {
  await broker.start()
  const folder = await broker.folderOf(thing)
  console.log(
    `${rounds} rounds in turn, ${seconds} s of collect, and as many messages of mosquitto_pub as take it about that; messages a second, median (least–most)`,
  )
  console.log(`message: ${payload}`)
  for (const qos of [0, 1])
    for (const connections of [1, threads]) {
      console.log(`\nQoS ${qos}, ${connections === 1 ? 'one connection' : `${connections} connections`}`)
      await beside(qos, connections, folder)
    }
} finally {
  await broker.destroy()
}

async function beside(qos: number, connections: number, folder: string): Promise<void> {
  const ours: number[] = []
  const theirs: number[] = []
  const together = async (count: number): Promise<number> => {
    const runs = await Promise.all(Array.from({ length: connections }, () => mosquittoPub(folder, qos, count)))
    await arrived(
      'mosquitto_pub',
      runs.reduce((sum, { sent }) => sum + sent, 0),
    )
    return runs.reduce((sum, { rate }) => sum + rate, 0)
  }
  await collect(qos, connections, folder)
  // Warms the broker, and says how many messages keep it busy as long.
  const count = Math.max(1000, Math.round(((await together(fewMessages)) * seconds) / connections))
  for (let round = 0; round < rounds; round++) {
    ours.push(await collect(qos, connections, folder))
    theirs.push(await together(count))
  }
  console.log(`${'collect'.padEnd(20)}${shown(summary(ours), 0)}`)
  const ratio = summary(ours.map((rate, round) => rate / (theirs[round] ?? NaN)))
  console.log(`${'mosquitto_pub -l'.padEnd(20)}${shown(summary(theirs), 0).padEnd(28)}collect is ${shown(ratio)} times that (goal 1)`)
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
  const { tps, stored, errors } = JSON.parse(stdout) as LoadReport
  if (Object.keys(errors).length > 0) console.log(errors)
  await arrived('collect', stored)
  return tps
}

/** Messages, and messages a second. Each of its starts and handshakes counts: some hundredths of a second. */
async function mosquittoPub(folder: string, qos: number, count: number): Promise<{ readonly sent: number; readonly rate: number }> {
  const runs = qos === 0 ? 1 : Math.ceil(count / mostOfOneRun)
  const each = Math.ceil(count / runs)
  const lines = join(folder, `lines-${each}`)
  writeFileSync(lines, `${payload}\n`.repeat(each))
  const shown = ['--cafile', 'rootCA.pem', '--cert', 'certificate.pem.crt', '--key', 'private.pem.key']
  const where = ['-V', 'mqttv5', '-h', '127.0.0.1', '-p', broker.port, '-t', topic, '-q', qos, '-M', values.window, '-l']
  const began = performance.now()
  for (let done = 0; done < runs; done++)
    await run('bash', ['-c', 'exec mosquitto_pub "$@" <"$0"', lines, ...shown, ...where.map(String)], { cwd: folder })
  return { sent: runs * each, rate: (runs * each) / ((performance.now() - began) / 1000) }
}

/** Tells what a sender counts and the broker never got. */
async function arrived(sender: string, sent: number): Promise<void> {
  const now = await broker.received()
  if (now - seen < sent) console.log(`${sender}: the broker got ${now - seen} of ${sent} messages`)
  seen = now
}
