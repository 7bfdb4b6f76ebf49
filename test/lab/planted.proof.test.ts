import { afterAll, beforeAll, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { proofs } from './proof.ts'
import { scenarioFile, ScenarioLab } from './scenario-support.ts'

/** Defects that are planted on purpose: a scenario that lets them pass would be worth nothing. */
proofs('a defect of agents or their store', { timeout: 10 * minutes, able }, () => {
  const place = new ScenarioLab()
  beforeAll(() => place.begin('scenario.yaml'), 20 * minutes)
  afterAll(() => place.end(), minutes)
  const scenario = (name: string, fault: string, seconds: number): string =>
    place.file(
      name,
      `scenario: ${name}\nstore: mariadb\nsteady: { within: 120, rate: 3 }\n` +
        `steps: [{ fault: ${fault}, for: ${seconds} }]\nexpect: { recovers: 120 }\n`,
    )

  it('that is not there is not seen', async () => {
    const told = await place.verdictOf(scenario('sound', '{ kind: pause, hosts: [mysql], unit: mariadb }', 15))
    expect(told.verdict, told.said).toBe('pass')
  })

  it('of a queue that forgets: readings that waited are gone', async () => {
    // What the agent has in its queue is gone whenever it is started.
    const forget = `[Service]\\nExecStartPre=+/bin/sh -c "find /var/lib/private/collector /var/lib/collector -type f -delete"\\n`
    const folder = '/etc/systemd/system/collector.service.d'
    await place.on('producer1', `mkdir -p ${folder} && printf '${forget}' >${folder}/forget.conf && systemctl daemon-reload`)
    const told = await place.verdictOf(scenario('a queue that forgets', '{ kind: kill, hosts: [producer1], unit: collector }', 5))
    expect(told.verdict, told.said).toBe('fail')
    // The other producer is as it was, so this is the defect that was seen.
    for (const wrong of [...told.lost, ...told.doubled]) expect(wrong).toMatch(/^producer1 /)
  })

  it('of a store without its key: readings that are sent again are there twice', async () => {
    await place.on('mysql', `mariadb -e 'ALTER TABLE temperature.reading DROP PRIMARY KEY'`)
    const told = await place.verdictOf(scenario('a store without its key', '{ kind: pause, hosts: [mysql], unit: mariadb }', 30))
    expect(told.verdict, told.said).toBe('fail')
    // Of the first one they are since its queue forgot.
    expect(told.doubled.some(reading => reading.startsWith('producer2 '))).toBe(true)
  })
})

proofs('a defect of a cluster of brokers', { timeout: 10 * minutes, able }, () => {
  const place = new ScenarioLab()
  const producers = ['producer1', 'producer2']
  const brokers = ['kafka1', 'kafka2', 'kafka3']
  beforeAll(() => place.begin('scenario-kafka.yaml'), 20 * minutes)
  afterAll(() => place.end(), minutes)
  const configure = (unclean: boolean) =>
    place.kafka({ change: [{ configure: 'temperature', configs: { 'unclean.leader.election.enable': String(unclean) } }] })

  it('of an election without those who have all readings: what only the others had is gone', async () => {
    await configure(true)
    try {
      const told = await place.verdictOf(scenarioFile('kafka-one-after-the-other'))
      expect(told.verdict, told.said).toBe('fail')
      expect(told.lost.length).toBeGreaterThan(0)
    } finally {
      await configure(false)
    }
  })

  it('of producers that ask for one acknowledgement: what the leader alone had is gone', async () => {
    const program = '/opt/collector/collect.cjs'
    // The field after the transaction's id, in each request that carries readings.
    const name = '[A-Za-z0-9_$]+'
    const one = String.raw`s/(writeString\(${name}\)\.writeInt16\()${name}(\)\.writeInt32\(${name}\)\.writeInt32\()/\11\2/g`
    for (const producer of producers)
      await place.on(
        producer,
        `cp ${program} /root/sound.cjs && sed -E -i '${one}' ${program} && ` +
          `! cmp -s ${program} /root/sound.cjs && systemctl restart collector`,
      )
    try {
      const told = await place.verdictOf(scenarioFile('kafka-split'))
      expect(told.verdict, told.said).toBe('fail')
      expect(told.lost.length).toBeGreaterThan(0)
    } finally {
      for (const producer of producers) await place.on(producer, `cp /root/sound.cjs ${program} && systemctl restart collector`)
    }
  })

  it('of brokers whose cards are wiped though nobody has seen that others hold the readings', async () => {
    // Each start begins with nothing in the partitions; ids and the cluster's own log are left alone.
    const folder = '/etc/systemd/system/kafka.service.d'
    const wipe = `[Service]\\nExecStartPre=+/bin/sh -c "find /var/lib/kafka/data -path '*/temperature-*' -type f -delete"\\n`
    for (const broker of brokers)
      await place.on(
        broker,
        `mkdir -p ${folder} && printf "${wipe.replaceAll('"', String.raw`\"`)}" >${folder}/wipe.conf && systemctl daemon-reload`,
      )
    try {
      const told = await place.verdictOf(scenarioFile('kafka-majority'))
      expect(told.verdict, told.said).toBe('fail')
      expect(told.lost.length).toBeGreaterThan(0)
    } finally {
      for (const broker of brokers) await place.on(broker, `rm ${folder}/wipe.conf && systemctl daemon-reload`)
    }
  })
})
