import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, up } from '../../lab/index.ts'
import { Listener, watchedHosts } from './alerts-support.ts'
import { able, eventually, inside, minutes, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'

/** Something real that goes wrong, what is to be told of it (`ALERT HOST`), and how it is over. */
interface Fault {
  readonly what: string
  readonly tells: readonly string[]
  begins(): Promise<unknown>
  ends(): Promise<unknown>
}

proofs('what a real fault leads to', { timeout: 75 * minutes, able }, () => {
  const place = new Workplace()
  const rows: string[] = []
  let listener: Listener
  let deaf: Listener
  let fleet: Fleet

  beforeAll(async () => {
    listener = await Listener.opened()
    deaf = await Listener.opened()
    // Eight Pis come up at once, three of them with a broker.
    place.patience = 15 * minutes
    const file = place.write('fleet', 'proofalerts', {
      hosts: watchedHosts({
        net: 50,
        ports: [listener.port, deaf.port],
        others: {
          oven: { roles: ['base', 'exporters', 'collector'], vars: { collector: { backends: ['mariadb'] } } },
          cellar: { roles: ['base', 'exporters', 'collector'], vars: { collector: { backends: ['mariadb'] } } },
          attic: { roles: ['base', 'exporters', 'collector'], vars: { collector: { backends: ['mariadb'] } } },
        },
      }),
    })
    fleet = await place.boot(file)
    expect((await place.provision(file)).text).toContain('no host failed')
    // Silences of this run end two minutes after it.
    await sleep(2.5 * minutes)
  }, 20 * minutes)
  afterAll(async () => {
    console.log(['| fault | alert | seconds until told | seconds until over |', '|---|---|---|---|', ...rows].join('\n'))
    await place.end(fleet)
    await Promise.all([listener.close(), deaf.close()])
  }, 5 * minutes)

  const on = (host: string, script: string) => inside(fleet, host, script)
  const unit = (host: string, name: string) => ({
    begins: () => on(host, `systemctl mask --runtime --now -q ${name}`),
    ends: () => on(host, `systemctl unmask --runtime -q ${name} && systemctl start ${name}`),
  })

  /** Seconds from a moment until each is told of; NaN where it is not within half an hour. */
  const told = (status: 'firing' | 'resolved', tells: readonly string[], since: number, patience = 30 * 60) =>
    Promise.all(
      tells.map(async each => {
        const found = () => listener.heard(since).find(({ alert, host, status: is }) => is === status && `${alert} ${host}`.trim() === each)
        await eventually(() => found() !== undefined, patience).catch(() => {})
        return Math.round(((found()?.at ?? Number.NaN) - since) / 1000)
      }),
    )

  /** One fault after the other; the next begins when the one before is told of, not when it is forgotten. */
  async function each(faults: readonly Fault[]): Promise<void> {
    const over: Promise<void>[] = []
    for (const { what, tells, begins, ends } of faults) {
      const since = Date.now()
      await begins()
      const fired = await told('firing', tells, since)
      const mended = Date.now()
      await ends()
      over.push(
        told('resolved', tells, mended).then(ended => {
          for (const [index, alert] of tells.entries()) rows.push(`| ${what} | ${alert} | ${fired[index]} | ${ended[index]} |`)
          console.log(rows.slice(-tells.length).join('\n'))
        }),
      )
    }
    await Promise.all(over)
  }

  it('each is told, and that it is over', async () => {
    const queue = '/var/lib/private/collector'
    await Promise.all([
      each([
        {
          what: 'MariaDB is stopped',
          tells: ['MariadbDown store', 'QueueGrows oven', 'StoredLessThanTaken oven', 'SinkLags kafka2'],
          ...unit('store', 'mariadb'),
        },
        { what: 'the exporter of MariaDB is stopped', tells: ['MysqldAway store'], ...unit('store', 'prometheus-mysqld-exporter') },
        {
          what: 'programs hold all connections',
          tells: ['MariadbConnectionsShort store'],
          begins: () =>
            on(
              'store',
              `n=$(mariadb -BN -e 'SELECT @@max_connections')
              for i in $(seq $((n - 1))); do systemd-run -q --collect -u hold$i mariadb -e 'SELECT SLEEP(3000)'; done; sleep 1`,
            ),
          ends: () => on('store', "systemctl stop 'hold*'"),
        },
        {
          what: 'the table refuses what a producer sends',
          tells: ['DeadLetters oven'],
          begins: () => on('store', `mariadb temperature -e 'ALTER TABLE reading ADD CONSTRAINT no CHECK (reading_value < -1000000)'`),
          ends: () => on('store', `mariadb temperature -e 'ALTER TABLE reading DROP CONSTRAINT no'`),
        },
      ]),
      each([
        {
          what: 'a broker is stopped',
          tells: ['KafkaAway kafka3', 'KafkaPartitionsLackCopies kafka1', 'KafkaLeadersUneven kafka1'],
          ...unit('kafka3', 'kafka'),
        },
        {
          what: 'the card of a broker has little left',
          tells: ['KafkaCardShort kafka3'],
          begins: () => on('kafka3', `fallocate -l $(($(df -B1 --output=avail /var/lib/kafka | tail -1) - (200 << 20))) /var/lib/filler`),
          ends: () => on('kafka3', 'rm /var/lib/filler'),
        },
        { what: 'the guard of a broker’s card is stopped', tells: ['KafkaGuardAway kafka3'], ...unit('kafka3', 'kafka-guard') },
        {
          what: 'a certificate was not renewed',
          tells: ['CertificateOld kafka3'],
          begins: () =>
            on(
              'kafka3',
              `f=/etc/kafka/tls/broker.pem; cp -a $f /root/own.pem
              openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 20 -subj /CN=kafka3 -keyout /dev/null -out /root/old.pem
              cat /root/old.pem >$f; systemctl restart pi-figures`,
            ),
          ends: () => on('kafka3', 'cat /root/own.pem >/etc/kafka/tls/broker.pem; systemctl restart pi-figures'),
        },
        { what: 'the sink is stopped', tells: ['SinkAway kafka2'], ...unit('kafka2', 'sink') },
      ]),
      each([
        {
          what: 'the network cable is out',
          tells: ['NodeAway attic'],
          begins: () => fault.cut(fleet, 'attic'),
          ends: () => fault.mend(fleet, 'attic'),
        },
        {
          what: 'the power was cut and came again',
          tells: ['Rebooted attic'],
          begins: async () => {
            await fault.kill(fleet, 'attic')
            await up(fleet)
          },
          ends: async () => {},
        },
        {
          what: 'a program takes more memory than there is',
          tells: ['OutOfMemory attic'],
          begins: () => on('attic', 'systemd-run -q --wait -p MemoryMax=20M -p MemorySwapMax=0 tail /dev/zero || true'),
          ends: async () => {},
        },
        {
          what: 'one of two receivers refuses what it is told',
          tells: ['AlertsNotReceived watch'],
          begins: async () => {
            deaf.isIll = true
            await on('attic', 'systemd-run -q --wait -p MemoryMax=20M -p MemorySwapMax=0 tail /dev/zero || true')
          },
          ends: async () => {
            deaf.isIll = false
          },
        },
        { what: 'the agent is stopped', tells: ['CollectorAway attic'], ...unit('attic', 'collector') },
        {
          what: 'lines of a queue on the card went bad',
          tells: ['ReadingsLost attic'],
          begins: () =>
            on(
              'attic',
              `systemctl stop collector; for f in $(find ${queue} -name '*.seg'); do
              head -c 4000 /dev/urandom | base64 -w 60 >>$f; done; find ${queue} -type f -ls; systemctl start collector`,
            ).then(text => console.log(text)),
          ends: async () => {},
        },
      ]),
      each([
        {
          what: 'the card is full',
          tells: ['CardAlmostFull cellar', 'QueueDiskAway cellar'],
          begins: () => fault.fillDisk(fleet, 'cellar'),
          ends: () => fault.freeDisk(fleet, 'cellar'),
        },
        {
          what: 'the kernel mounts the root read-only',
          tells: ['RootReadOnly cellar'],
          begins: () => on('cellar', 'mount -o remount,ro / || mount -o remount,ro,bind /'),
          ends: () => on('cellar', 'mount -o remount,rw / || true; mount -o remount,rw,bind /'),
        },
        {
          what: 'the sensor is gone',
          tells: ['ProducerSilent cellar'],
          begins: () => on('cellar', 'mkdir -p /run/none; mount --bind /run/none /sys/class/thermal'),
          ends: () => on('cellar', 'umount /sys/class/thermal'),
        },
      ]),
    ])
    // These keep others from being told, so they come alone.
    await each([
      {
        what: 'Alertmanager was away for two minutes',
        tells: ['AlertsNotDelivered watch'],
        begins: async () => {
          await on('watch', 'systemctl mask --runtime --now -q prometheus-alertmanager')
          await sleep(2 * minutes)
          await on('watch', 'systemctl unmask --runtime -q prometheus-alertmanager && systemctl start prometheus-alertmanager')
        },
        ends: async () => {},
      },
      {
        what: 'Prometheus is killed, and cannot start',
        tells: ['PrometheusSilent'],
        begins: () => on('watch', 'systemctl mask --runtime -q prometheus && systemctl kill -s KILL prometheus'),
        ends: () => on('watch', 'systemctl unmask --runtime -q prometheus && systemctl start prometheus'),
      },
    ])
    expect(rows.filter(row => row.includes('NaN'))).toEqual([])
  })
})
