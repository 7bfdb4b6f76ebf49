import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { behind, release } from '../../roles/kafka/release.ts'
import { able, minutes } from './engine-support.ts'
import { KafkaWorkplace, idOf } from './kafka-support.ts'
import { Load } from './kafka-load.ts'
import { older, olderProject } from './older-project.ts'

const names = ['kafka1', 'kafka2', 'kafka3'] as const

/** When the command of the controller machine is killed: what it says it does, on which broker. */
const kills = [
  { host: 'kafka1', says: '"resource":"archive /opt/kafka"', event: 'changing' },
  { host: 'kafka1', says: '"resource":"service kafka"', event: 'changing' },
  { host: 'kafka2', says: '"resource":"archive /opt/kafka"', event: 'changed' },
  { host: 'kafka3', says: '"resource":"archive /opt/kafka"', event: 'uploading' },
  { host: 'kafka3', says: '"resource":"archive /opt/kafka"', event: 'changed' },
] as const

/** `npm run proof:kafka-upgrade`: some ten minutes. */
describe.runIf(able)('three brokers of the release before', { timeout: 6 * minutes }, () => {
  const place = new KafkaWorkplace('testkafkaup', 33)
  const today = place.project
  const before = olderProject()
  const versions = () => Promise.all(names.map(each => place.on(each, `basename /opt/kafka/lib/kafka-clients-*.jar`)))

  beforeAll(async () => {
    place.inventory(names, { replication: 3, minInSync: 2 })
    place.fleet = await place.boot(place.file)
    place.project = before
    await place.provisioned()
    place.project = today
    await place.knows()
  }, 8 * minutes)
  afterAll(async () => {
    rmSync(before, { recursive: true, force: true })
    await place.end(place.fleet)
  }, minutes)

  it('go to this one under load, one after the other, and no reading is lost, though the command is killed five times', async () => {
    expect(await versions()).toEqual(names.map(() => `kafka-clients-${older.version}.jar`))
    expect((await place.seen(...names)).features.find(({ name }) => name === 'metadata.version')?.level).toBe(
      older.levels['metadata.version'],
    )
    const load = new Load(await place.writer(names))
    const watch = place.watch(...names)
    for (const { host, says, event } of kills) {
      const run = place.start(place.file, ['--json'])
      let text = ''
      run.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString()
        if (text.split('\n').some(line => line.includes(`"event":"${event}"`) && line.includes(says) && line.includes(`"host":"${host}"`)))
          run.kill('SIGKILL')
      })
      expect((await run).signal, `killed at ${event} ${says} of ${host}\n${text.slice(-3000)}`).toBe('SIGKILL')
    }
    const last = await place.provisioned()
    expect(last).toContain(`it works as an older release than ${release.name} does`)
    const watched = await watch.stop()
    const sent = await place.counted(load, names)
    console.log(`upgrade: ${JSON.stringify({ ...watched, ...sent, lost: sent.lost.length, twice: sent.twice.length }, undefined, 1)}`)
    expect(sent.lost).toEqual([])
    expect(sent.twice).toEqual([])
    expect(watched.out).toBe(1)
    // Each went once, when the others had all copies, and somebody else led what it had led.
    expect(watched.outs.map(({ id }) => id)).toEqual(names.map(idOf))
    expect(watched.outs.map(({ lacked, leads }) => ({ lacked, leads }))).toEqual(names.map(() => ({ lacked: [], leads: 0 })))
    expect(watched.leaderless).toBe(0)
    expect(await versions()).toEqual(names.map(() => `kafka-clients-${release.name}.0.jar`))
    expect(
      (await Promise.all(names.map(each => place.on(each, `journalctl -u kafka -o cat | grep -c NoClassDefFound || true`)))).join(''),
    ).toBe('000')
  })

  it('are left alone the second time, and keep their levels', async () => {
    const starts = await place.starts(...names)
    expect((await place.provision(place.file, ['--check'])).text).toContain('Nothing to change')
    expect(await place.provisioned()).toContain('Nothing to change')
    expect(await place.starts(...names)).toEqual(starts)
    expect((await place.seen(...names)).features.find(({ name }) => name === 'metadata.version')?.level).toBe(
      older.levels['metadata.version'],
    )
  })

  it('cannot go back once the levels are final: it is told before anything changes, of brokers that run and of ones that do not', async () => {
    await place.on('kafka2', 'kafka-admin finalise --yes')
    expect(behind((await place.seen(...names)).features)).toEqual([])
    const starts = await place.starts(...names)
    const [archives, files] = ['readlink /opt/kafka', 'find /etc/kafka /usr/local -type f -newer /run/then']
    const linked = await Promise.all(names.map(each => place.on(each, `touch /run/then; ${archives}`)))
    const refused = async (...words: string[]) => {
      place.project = before
      const run = await place.provision(place.file, words)
      place.project = today
      expect(run.code).toBe(1)
      expect(run.text).toContain(`Kafka ${older.name} cannot take the place of ${release.name}.0: the cluster works at`)
      expect(run.text).toContain(
        `metadata.version ${release.levels['metadata.version']}, and ${older.name} knows ${older.levels['metadata.version']}`,
      )
      expect(run.text).toContain(`provision with Kafka ${release.name} or newer`)
      expect(await Promise.all(names.map(each => place.on(each, archives)))).toEqual(linked)
      expect((await Promise.all(names.map(each => place.on(each, files)))).join('')).toBe('')
    }
    await refused('--check')
    await refused()
    expect(await place.starts(...names)).toEqual(starts)
    // Nobody answers: the storage tells.
    for (const each of names) await place.on(each, 'systemctl stop kafka-guard; systemctl kill -s KILL kafka; systemctl stop kafka')
    await refused()
  })
})
