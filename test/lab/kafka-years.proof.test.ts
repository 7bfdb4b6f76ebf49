import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { fault, reset } from '../../lab/index.ts'
import { release } from '../../roles/kafka/release.ts'
import { able, eventually, expectPlain, minutes, told } from './engine-support.ts'
import { Load } from './kafka-load.ts'
import { idOf, KafkaWorkplace } from './kafka-support.ts'
import { older, olderProject } from './older-project.ts'
import { proofs } from './proof.ts'
import { begins, killed } from './replace-support.ts'

const names = ['kafka1', 'kafka2', 'kafka3'] as const
const dead = 'kafka3'
const MiB = 2 ** 20

/** `npm run proof:kafka-years`: some twelve minutes. */
proofs('three brokers with two copies, under load', { able, timeout: 40 * minutes }, () => {
  const place = new KafkaWorkplace('testkafkayears', 147)
  const today = place.project
  const before = olderProject()
  const versions = () => Promise.all(names.map(each => place.on(each, `basename /opt/kafka/lib/kafka-clients-*.jar`)))
  const command = async (name: string, ...words: string[]) => {
    const ended = told(await place.command(name, [...words, '--inventory', place.file]))
    expectPlain(ended)
    return ended
  }
  const well = async (name: string, ...words: string[]): Promise<string> => {
    const { code, text } = await command(name, ...words)
    expect(code, text).toBe(0)
    return text
  }

  beforeAll(async () => {
    place.patience = 35 * minutes
    place.inventory(names, { replication: 2 })
    place.fleet = await place.boot(place.file)
    place.project = before
    await place.provisioned()
    place.project = today
    await place.knows()
  }, 45 * minutes)
  afterAll(async () => {
    rmSync(before, { recursive: true, force: true })
    await place.end(place.fleet)
  }, 5 * minutes)

  it('go to this release by provision --upgrade, killed once and run again: one broker out at most, no reading lost', async () => {
    expect(await versions()).toEqual(names.map(() => `kafka-clients-${older.version}.jar`))
    const load = new Load(await place.writer(names), { pause: 300 })
    const watch = place.watch(...names)
    const began = Date.now()
    const words = ['--upgrade', 'kafka', '--yes', '--inventory', place.file]
    const cut = await killed(place, 'provision', words, {
      at: ({ event, host, resource }) => event === 'changed' && host === 'kafka2' && String(resource).includes('archive /opt/kafka'),
    })
    expect(cut).toBe(true)
    const last = await well('provision', '--upgrade', 'kafka', '--yes', '--no-backup')
    const seconds = (Date.now() - began) / 1000
    expect(last).toContain('each seen at work')
    const watched = await watch.stop()
    const sent = await place.counted(load, names)
    console.log(
      `upgrade: ${JSON.stringify({ seconds, ...watched, ...sent, lost: sent.lost.length, twice: sent.twice.length }, undefined, 1)}`,
    )
    expect([sent.lost, sent.twice]).toEqual([[], []])
    expect(watched.out).toBe(1)
    expect(watched.outs.map(({ id }) => id)).toEqual(names.map(idOf))
    expect(await versions()).toEqual(names.map(() => `kafka-clients-${release.name}.0.jar`))
    expect(await well('provision', '--upgrade', 'kafka', '--yes')).toContain('Nothing to upgrade')
  })

  it('one of them loses its card: it is told what that is, and the others fill it again, though the command is killed at each step', async () => {
    const load = new Load(await place.writer(names), { places: names.map(name => `place-${name}`), pause: 100 })
    await eventually(() => load.acknowledged.size === names.length, 60)
    await fault.kill(place.fleet, dead)
    await eventually(async () => {
      const { brokers } = await place.seen('kafka1', 'kafka2')
      return brokers.length === 2
    }, 180)
    await reset(place.fleet, dead)
    const check = await command('fleet', 'replace', dead, '--check')
    expect(check.code, check.text).toBe(2)
    expect(check.text).toMatch(/kafka: nothing is lost: others have copies of all \d+ partitions it held, and it takes them again/)
    const began = Date.now()
    const seen: string[] = []
    for (const [state, after] of [
      ['card', 0],
      ['provision', 0],
      ['provision', 10_000],
      ['revoke', 0],
      ['look', 0],
    ] as const)
      if (await killed(place, 'fleet', ['replace', dead, '--yes', '--inventory', place.file], { at: begins(state), after }))
        seen.push(`${state} +${after} ms`)
    const text = await well('fleet', 'replace', dead, '--yes')
    const seconds = (Date.now() - began) / 1000
    expect(text).toContain(`${dead} is whole again`)
    const { topics, quorum } = await place.seen(...names)
    const copies = topics.flatMap(({ name, partitions }) => partitions.map(({ replicas, inSync }) => ({ name, replicas, inSync })))
    const own = copies.filter(({ replicas }) => replicas.includes(idOf(dead)))
    const held = Number(await place.on(dead, `du -sb /var/lib/kafka/data | cut -f1`)) / MiB
    const sent = await place.counted(load, names)
    console.log(
      `replaced: ${JSON.stringify({ seconds, seen, partitions: own.length, MiB: held, ...sent, lost: sent.lost.length, twice: sent.twice.length, quorum }, undefined, 1)}`,
    )
    expect(seen).toHaveLength(5)
    expect(own.length).toBeGreaterThan(0)
    expect(copies.filter(({ replicas, inSync }) => inSync.length !== replicas.length)).toEqual([])
    expect([sent.lost, sent.twice]).toEqual([[], []])
    expect(await well('provision')).toContain('Nothing to change')
  })
})
