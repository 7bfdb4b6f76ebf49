import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Listener, watchedHosts } from './alerts-support.ts'
import { able, minutes, told, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'

const net = 51

/** Programs that this machine ended for want of memory. A virtual Pi counts them too, whoever's they were: the kernel has one number. */
const ended = () => Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1])

proofs('a healthy fleet', { timeout: 60 * minutes, able }, () => {
  it('tells of nothing in half an hour with a `provision` and a `rebalance` in it', async () => {
    const place = new Workplace()
    place.patience = 15 * minutes
    const listener = await Listener.opened()
    const write = (nodePort = 9100) =>
      place.write('fleet', 'proofquiet', { vars: { exporters: { nodePort } }, hosts: watchedHosts({ net, ports: [listener.port] }) })
    const file = write()
    const fleet = await place.boot(file)
    try {
      const first = await place.provision(file)
      // A busy machine may let one wait too long for another; the next run goes on.
      expect((first.code === 0 ? first : await place.provision(file)).text).toContain('no host failed')
      const since = Date.now()
      const before = ended()
      const wait = (minute: number) => sleep(Math.max(0, since + minute * minutes - Date.now()))
      const firing = () => listener.heard(since).filter(({ status }) => status === 'firing')
      await wait(5)
      // Changes a service of each Pi.
      write(9101)
      expect((await place.provision(file)).text).toContain('no host failed')
      console.log('a provision that changed every Pi:', firing())
      await wait(12)
      const moved = told(
        await place.command('rebalance', ['kafka', '--inventory', file, '--yes', '--weights', 'kafka1=2,kafka2=1,kafka3=1']),
      )
      expect([moved.code, moved.text]).toEqual([0, expect.any(String)])
      console.log('a rebalance:', moved.text.split('\n').slice(-4).join('\n'), firing())
      // And back to what the inventory says, before anybody could be told that it is not so.
      const back = told(
        await place.command('rebalance', ['kafka', '--inventory', file, '--yes', '--weights', 'kafka1=1,kafka2=1,kafka3=2']),
      )
      expect([back.code, back.text]).toEqual([0, expect.any(String)])
      await wait(30)
      const others = ended() - before
      console.log(`alerts in ${Math.round((Date.now() - since) / minutes)} healthy minutes:`, firing())
      console.log(`programs that this machine ended for want of memory meanwhile: ${others}`)
      expect(firing().filter(({ alert }) => others === 0 || alert !== 'OutOfMemory')).toEqual([])
    } finally {
      await place.end(fleet)
      await listener.close()
    }
  })
})
