import { afterAll, beforeAll, expect, it } from 'vitest'
import { able, minutes } from './engine-support.ts'
import { proofs } from './proof.ts'
import { ScenarioLab } from './scenario-support.ts'

/** Defects that are planted on purpose: a scenario that lets them pass would be worth nothing. */
proofs('a defect', { timeout: 10 * minutes, able }, () => {
  const place = new ScenarioLab()
  beforeAll(() => place.begin('scenario.yaml'), 20 * minutes)
  afterAll(() => place.end(), minutes)
  const scenario = (name: string, fault: string, seconds: number): string =>
    place.file(
      name,
      `scenario: ${name}\nstore: mariadb\nsteady: { within: 120, rate: 3 }\nsteps: [{ fault: ${fault}, for: ${seconds} }]\nexpect: { recovers: 120 }\n`,
    )
  const verdictOf = async (file: string) => {
    const { told, said } = await place.run([file])
    console.info(`${told[0]?.scenario}: ${told[0]?.reasons.join('; ')}`)
    return { ...told[0], said }
  }

  it('that is not there is not seen', async () => {
    const told = await verdictOf(scenario('sound', '{ kind: pause, hosts: [mysql], unit: mariadb }', 15))
    expect(told.verdict, told.said).toBe('pass')
  })

  it('of a queue that forgets: readings that waited are gone', async () => {
    // What the agent has in its queue is gone whenever it is started.
    const forget = `[Service]\\nExecStartPre=+/bin/sh -c "find /var/lib/private/collector /var/lib/collector -type f -delete"\\n`
    await place.on(
      'producer1',
      `mkdir -p /etc/systemd/system/collector.service.d && printf '${forget}' >/etc/systemd/system/collector.service.d/forget.conf && systemctl daemon-reload`,
    )
    const told = await verdictOf(scenario('forgets', '{ kind: kill, hosts: [producer1], unit: collector }', 5))
    expect(told.verdict, told.said).toBe('fail')
    // The other producer is as it was, so this is the defect that was seen.
    for (const wrong of [...(told.lost ?? []), ...(told.doubled ?? [])]) expect(wrong).toMatch(/^producer1 /)
  })

  it('of a store that does not know what it has: readings that are sent again are there twice', async () => {
    await place.on('mysql', `mariadb -e 'ALTER TABLE temperature.reading DROP PRIMARY KEY'`)
    const told = await verdictOf(scenario('unkeyed', '{ kind: pause, hosts: [mysql], unit: mariadb }', 30))
    expect(told.verdict, told.said).toBe('fail')
    // Of the first one they are since its queue forgot.
    expect(told.doubled?.some(reading => reading.startsWith('producer2 '))).toBe(true)
  })
})
