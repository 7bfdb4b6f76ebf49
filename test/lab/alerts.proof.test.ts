import { expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, up } from '../../lab/index.ts'
import { httpReceiver, type Message, type Receiver } from '../alerts/receivers.ts'
import { able, eventually, inside, minutes, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'

const machine = '10.78.50.1'

/** A fault of a host, as it happens to a Pi, and how it is over. */
interface Fault {
  readonly alert: string
  readonly what: string
  begins(fleet: Fleet): Promise<unknown>
  ends(fleet: Fleet): Promise<unknown>
}

const units = (host: string, unit: string) => ({
  begins: (fleet: Fleet) => inside(fleet, host, `systemctl mask --runtime --now -q ${unit}`),
  ends: (fleet: Fleet) => inside(fleet, host, `systemctl unmask --runtime -q ${unit} && systemctl start ${unit}`),
})

const faults: readonly Fault[] = [
  {
    alert: 'NodeAway',
    what: 'its network cable is out',
    begins: fleet => fault.cut(fleet, 'oven'),
    ends: fleet => fault.mend(fleet, 'oven'),
  },
  { alert: 'CollectorAway', what: 'the agent is stopped', ...units('oven', 'collector') },
  { alert: 'MysqldAway', what: 'the exporter of MariaDB is stopped', ...units('store', 'prometheus-mysqld-exporter') },
  { alert: 'MariadbDown', what: 'MariaDB is stopped', ...units('store', 'mariadb') },
  { alert: 'QueueGrows', what: 'MariaDB is stopped for longer', ...units('store', 'mariadb') },
  {
    alert: 'CardAlmostFull',
    what: 'the card is filled',
    begins: fleet => fault.fillDisk(fleet, 'oven'),
    ends: fleet => fault.freeDisk(fleet, 'oven'),
  },
  {
    alert: 'OutOfMemory',
    what: 'a program takes more memory than there is',
    begins: fleet => inside(fleet, 'oven', 'systemd-run -q --wait -p MemoryMax=20M -p MemorySwapMax=0 tail /dev/zero'),
    ends: async () => {},
  },
  {
    alert: 'ProducerSilent',
    what: 'the sensor is gone',
    begins: fleet => inside(fleet, 'oven', 'systemctl kill -s STOP collector; sleep 1; true'),
    ends: fleet => inside(fleet, 'oven', 'systemctl kill -s CONT collector'),
  },
  {
    alert: 'PrometheusSilent',
    what: 'Prometheus is killed, and cannot start',
    begins: fleet => inside(fleet, 'watch', 'systemctl mask --runtime -q prometheus && systemctl kill -s KILL prometheus'),
    ends: fleet => inside(fleet, 'watch', 'systemctl unmask --runtime -q prometheus && systemctl start prometheus'),
  },
]

proofs('what a real fault leads to', { timeout: 100 * minutes, able }, () => {
  it('each is told, and that it is over', async () => {
    const place = new Workplace()
    const web: Receiver = await httpReceiver('0.0.0.0')
    const pi = { user: 'pi', model: 'rpi3b+', os: 'trixie' }
    const watched = {
      prometheus: { interval: 15 },
      alertmanager: { wait: 0, webhooks: { here: { url: `http://${machine}:${web.port}/` } } },
    }
    const file = place.write('fleet', 'proofalerts', {
      hosts: {
        watch: {
          ...pi,
          model: 'rpi4-1g',
          address: '10.78.50.20',
          roles: ['base', 'exporters', 'prometheus', 'alertmanager'],
          vars: watched,
        },
        store: { ...pi, address: '10.78.50.21', roles: ['base', 'mariadb', 'exporters'] },
        oven: { ...pi, address: '10.78.50.22', roles: ['base', 'exporters', 'collector'] },
      },
    })
    const fleet = await place.boot(file)
    try {
      expect((await place.provision(file)).text).toContain('no host failed')
      // Silences of this run end two minutes after it.
      await new Promise(done => setTimeout(done, 3 * minutes))
      const rows: string[] = []
      for (const { alert, what, begins, ends } of faults) {
        const since = Date.now()
        const said = (status: string): Message | undefined =>
          web.messages.find(({ at, text }) => at >= since && new RegExp(`"status":"${status}","labels":{"alertname":"${alert}"`).test(text))
        const seconds = (from: number, message: Message | undefined) => Math.round(((message?.at ?? Number.NaN) - from) / 1000)
        await begins(fleet)
        const fired = await eventually(() => said('firing') !== undefined, 20 * 60).then(
          () => seconds(since, said('firing')),
          () => Number.NaN,
        )
        const mended = Date.now()
        await ends(fleet)
        const over = await eventually(() => said('resolved') !== undefined, 20 * 60).then(
          () => seconds(mended, said('resolved')),
          () => Number.NaN,
        )
        rows.push(`| ${what} | ${alert} | ${fired} | ${over} |`)
        console.log(rows.at(-1))
        await up(fleet)
      }
      console.log(['| fault | alert | seconds | resolved after |', '|---|---|---|---|', ...rows].join('\n'))
      expect(rows.filter(row => row.includes('NaN'))).toEqual([])
    } finally {
      await place.end(fleet)
      await web.close()
    }
  })
})
