import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { notesTaken } from '../../engine/backup/mark.ts'
import type { Fleet } from '../../engine/inventory/types.ts'
import { fault, up } from '../../lab/index.ts'
import { figuresFolder } from '../../roles/figures-folder.ts'
import { Faults, kept, stopped } from './alerts-faults.ts'
import { Listener, watchedHosts } from './alerts-support.ts'
import { inside } from './commands.ts'
import { able, minutes, Workplace } from './engine-support.ts'
import { proofs } from './proof.ts'

proofs('what a real fault leads to', { timeout: 75 * minutes, able }, () => {
  const place = new Workplace(kept)
  let listener: Listener
  let deaf: Listener
  let faults: Faults
  let fleet: Fleet

  beforeAll(async () => {
    listener = await Listener.opened()
    deaf = await Listener.opened()
    faults = new Faults(listener)
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
    fleet = await place.boot(file, kept !== undefined)
    const provisioned = await place.provision(file)
    // A busy machine may let one wait too long for another; the next run goes on.
    const { text } = provisioned.code === 0 ? provisioned : await place.provision(file)
    expect(text).toContain('no host failed')
    // Silences of this run end two minutes after it.
    await sleep(2.5 * minutes)
  }, 40 * minutes)
  afterAll(async () => {
    console.log(faults.table)
    console.log('told besides:', faults.others)
    if (kept === undefined) await place.end(fleet)
    await Promise.all([listener.close(), deaf.close()])
  }, 5 * minutes)

  const on = (host: string, script: string) => inside(fleet, host, script)
  const unit = (host: string, name: string) => stopped(fleet, host, name)
  const outOfMemory = 'systemd-run -q --wait -p MemoryMax=20M -p MemorySwapMax=0 tail /dev/zero || true'
  const seconds = (count: number) => sleep(count * 1000)
  const backedUp = (daysAgo: number) =>
    on('store', notesTaken('mariadb', new Date(Date.now() - daysAgo * 24 * 60 * minutes), figuresFolder))

  const store = async () => {
    await faults.each([
      {
        what: 'the table refuses what a producer sends',
        tells: ['DeadLetters oven', 'SinkLetsReadingsLie kafka2'],
        begins: () =>
          on(
            'store',
            `mariadb temperature -e 'SET check_constraint_checks = 0; ALTER TABLE reading ADD CONSTRAINT no CHECK (reading_value < -1000000)'`,
          ),
        ends: () => on('store', `mariadb temperature -e 'ALTER TABLE reading DROP CONSTRAINT no'`),
        lasting: true,
      },
    ])
    await Promise.all([
      faults.each([
        { what: 'the exporter of MariaDB is stopped', tells: ['MysqldAway store'], ...unit('store', 'prometheus-mysqld-exporter') },
      ]),
      faults.each([{ what: 'the sink is stopped', tells: ['SinkAway kafka2'], ...unit('kafka2', 'sink') }]),
    ])
    await faults.each([
      {
        what: 'MariaDB is stopped',
        tells: ['MariadbDown store', 'QueueGrows oven', 'StoredLessThanTaken oven', 'SinkLags kafka2'],
        ...unit('store', 'mariadb'),
        patience: 2400,
      },
      {
        what: 'programs hold almost all connections',
        tells: ['MariadbConnectionsShort store'],
        // Some are left, or the exporter could not tell.
        begins: () =>
          on(
            'store',
            `most=$(mariadb -BN -e 'SELECT @@max_connections')
            now=$(mariadb -BN -e "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'THREADS_CONNECTED'")
            for i in $(seq $((most - now - 1))); do systemd-run -q --collect -u hold$i mariadb -e 'SELECT SLEEP(3000)'; done`,
          ),
        ends: () => on('store', "systemctl stop 'hold*'"),
      },
      { what: 'the last backup is nine days old', tells: ['BackupOld store'], begins: () => backedUp(9), ends: () => backedUp(0) },
    ])
  }

  const brokers = () =>
    faults.each([
      {
        what: 'a broker is stopped',
        tells: ['KafkaAway kafka3', 'KafkaPartitionsLackCopies kafka1', 'KafkaLeadersUneven kafka1'],
        ...unit('kafka3', 'kafka'),
        patience: 2400,
        // Kafka gives a broker its partitions back some minutes after the controller was elected, which a busy machine elects often.
        lasting: true,
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
    ])

  const attic = () =>
    faults.each([
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
          await up(fleet, { hosts: ['attic'] })
        },
        ends: async () => {},
        lasting: true,
      },
      {
        what: 'a program takes more memory than there is, while one of two receivers refuses what it is told',
        tells: ['OutOfMemory attic', 'AlertsNotReceived watch'],
        begins: async () => {
          deaf.isIll = true
          await on('attic', outOfMemory)
        },
        ends: async () => {
          deaf.isIll = false
        },
        lasting: true,
      },
      { what: 'the agent is stopped', tells: ['CollectorAway attic'], ...unit('attic', 'collector') },
      {
        what: 'lines of readings that wait on the card went bad',
        tells: ['ReadingsLost attic'],
        begins: async () => {
          const address = fleet.hosts.find(({ name }) => name === 'store')?.address ?? ''
          await on('attic', `ip route add blackhole ${address}/32; ss -K dst ${address} || true`)
          await seconds(90)
          // Those in the middle of the newest file; what is bad at its end is the torn tail of a power cut, and no reading.
          console.log(
            await on(
              'attic',
              `systemctl stop collector; f=$(find /var/lib/private/collector -name '*.seg' -size +0 | sort | tail -1)
              n=$(wc -l <$f); sed -i "$((n - 30)),$((n - 20))s/^......../00000000/" $f; echo "$f: lines $((n - 30)) to $((n - 20)) of $n"
              ip route del blackhole ${address}/32; systemctl start collector`,
            ),
          )
        },
        ends: async () => {},
        lasting: true,
      },
    ])

  const cellar = () =>
    faults.each([
      {
        what: 'the card is full',
        tells: ['CardAlmostFull cellar', 'QueueDiskAway cellar'],
        begins: () => fault.fillDisk(fleet, 'cellar'),
        ends: () => fault.freeDisk(fleet, 'cellar'),
      },
      {
        what: 'the kernel mounts the root read-only',
        tells: ['RootReadOnly cellar'],
        // Its journal has a file open for writing.
        begins: () => on('cellar', 'journalctl --relinquish-var; mount -o remount,ro,bind /'),
        ends: () => on('cellar', 'mount -o remount,rw,bind /; journalctl --flush'),
      },
      {
        what: 'the sensor is gone',
        tells: ['ProducerSilent cellar'],
        begins: () => on('cellar', 'mkdir -p /run/none; mount --bind /run/none /sys/class/thermal'),
        ends: () => on('cellar', 'umount /sys/class/thermal'),
        patience: 2400,
      },
    ])

  it('each is told, and that it is over', async () => {
    // This keeps others from being told, and lasts.
    await faults.each([
      {
        what: 'Alertmanager was away for two minutes',
        tells: ['AlertsNotDelivered watch'],
        begins: async () => {
          await on('watch', 'systemctl mask --runtime --now -q prometheus-alertmanager')
          await seconds(120)
          await on('watch', 'systemctl unmask --runtime -q prometheus-alertmanager && systemctl start prometheus-alertmanager')
        },
        ends: async () => {},
        lasting: true,
      },
    ])
    await Promise.all([store(), brokers(), attic(), cellar()])
    await faults.over()
    await faults.each([
      {
        what: 'Prometheus is killed, and cannot start',
        tells: ['PrometheusSilent'],
        begins: () => on('watch', 'systemctl mask --runtime -q prometheus && systemctl kill -s KILL prometheus'),
        ends: () => on('watch', 'systemctl unmask --runtime -q prometheus && systemctl start prometheus'),
      },
    ])
    expect(faults.wrong).toEqual([])
  })
})
