import { httpReceiver, type Receiver } from '../alerts/receivers.ts'

/** One alert as a webhook of Alertmanager's tells it. */
export interface Heard {
  readonly alert: string
  readonly host: string
  readonly status: 'firing' | 'resolved'
  /** When it was told, in milliseconds since 1970. */
  readonly at: number
  /** Since when it is so: what is open is told again with each other alert of its name. */
  readonly began: number
}

interface Body {
  readonly alerts: readonly {
    readonly status: Heard['status']
    readonly labels: Readonly<Record<string, string>>
    readonly startsAt: string
  }[]
}

/** Somebody who hears of all alerts of a fleet. */
export class Listener {
  /** It refuses whatever it is told. */
  isIll = false
  #web!: Receiver

  static async opened(): Promise<Listener> {
    const listener = new Listener()
    listener.#web = await httpReceiver('0.0.0.0', () => listener.isIll)
    return listener
  }

  get port(): number {
    return this.#web.port
  }

  /** Each time an alert was told of, in order. */
  heard(since = 0): readonly Heard[] {
    return this.#web.messages
      .filter(({ at }) => at >= since)
      .flatMap(({ at, text }) =>
        (JSON.parse(text.slice(text.indexOf('\n') + 1)) as Body).alerts.map(({ status, labels, startsAt }) => ({
          alert: labels['alertname'] ?? '',
          host: labels['host'] ?? '',
          status,
          at,
          began: Date.parse(startsAt),
        })),
      )
  }

  close(): Promise<void> {
    return this.#web.close()
  }
}

export interface WatchedOptions {
  /** Third number of its addresses; the machine's own ends in 1. */
  readonly net: number
  /** Ports of this machine where alerts are told. */
  readonly ports: readonly number[]
  /** Producers and plain Pis besides, by name, with their roles and variables. */
  readonly others?: Readonly<Record<string, { readonly roles: readonly string[]; readonly vars?: object }>>
  readonly weights?: readonly number[]
}

/**
 * The hosts of a fleet with everything that alerts are about and a virtual Pi can hold: three brokers, a sink that brings what is in them
 * to MariaDB, a producer, and the Pi that watches.
 */
export function watchedHosts({ net, ports, others = {}, weights = [1, 1, 2] }: WatchedOptions): Readonly<Record<string, object>> {
  const pi = { user: 'pi', model: 'rpi3b+', os: 'trixie' }
  const webhooks = Object.fromEntries(ports.map((port, index) => [`here${index}`, { url: `http://10.78.${net}.1:${port}/` }]))
  const broker = (index: number, ...more: readonly string[]) => ({
    ...pi,
    model: 'rpi4-1g',
    os: 'bookworm',
    lab: { cpu: 0.6 },
    roles: ['base', 'exporters', 'kafka', ...more],
    vars: { kafka: { weight: weights[index], replication: 3 }, collector: { backends: ['kafka'], interval: 200, note: '{sequence}' } },
  })
  const hosts = {
    watch: {
      ...pi,
      model: 'rpi4-1g',
      roles: ['base', 'exporters', 'prometheus', 'alertmanager'],
      vars: { prometheus: { interval: 15 }, alertmanager: { wait: 0, webhooks } },
    },
    store: { ...pi, roles: ['base', 'exporters', 'mariadb'] },
    kafka1: broker(0, 'collector'),
    kafka2: broker(1, 'sink'),
    kafka3: broker(2),
    ...Object.fromEntries(Object.entries(others).map(([name, more]) => [name, { ...pi, ...more }])),
  }
  return Object.fromEntries(Object.entries(hosts).map(([name, host], index) => [name, { address: `10.78.${net}.${20 + index}`, ...host }]))
}
