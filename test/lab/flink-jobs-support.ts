import type { Fleet } from '../../engine/inventory/types.ts'
import type { HealthAnswer } from '../../roles/flink/jobs/health.ts'
import type { JobsSeen } from '../../roles/flink/jobs/kind.ts'
import { asksJobs } from '../../roles/flink/jobs/place.ts'
import { asksPage } from '../../engine/listen.ts'
import { exec } from '../../lab/index.ts'
import { inside } from './engine-support.ts'

const mib = (kib: string | undefined) => Math.round(Number(kib ?? 0) / 1024)

/** MiB that a process holds (RSS): now, at most since it was started, and what of it is in no file. */
export interface Resident {
  readonly now: number
  readonly most: number
  readonly own: number
}

/** Rows of a job's table beside those of the raw readings' own query: how many of each, and how many are the same. */
export interface Compared {
  readonly raw: number
  readonly table: number
  readonly same: number
  /** Some that are not: place, begin, readings there are, readings the job has counted. */
  readonly others: readonly string[]
}

/** A virtual Pi on which broker, store and Flink with its jobs are together. */
export class JobsPi {
  readonly #fleet: Fleet
  readonly #host: string

  constructor(fleet: Fleet, host: string) {
    this.#fleet = fleet
    this.#host = host
  }

  on(script: string): Promise<string> {
    return inside(this.#fleet, this.#host, script)
  }

  /** Seconds of processor time that the main processes of units have spent, together. */
  async spent(units: readonly string[]): Promise<number> {
    const said = await this.on(`for u in ${units.join(' ')}; do cut -d' ' -f14,15 /proc/$(systemctl show -P MainPID $u)/stat; done`)
    return said.split(/\s+/).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
  }

  /** Readings that a run has taken from the topic, as far as the JobManager knows: it asks every ten seconds. */
  async taken(id: string): Promise<number> {
    const { vertices } = (await this.#rest(`/jobs/${id}`)) as {
      readonly vertices: readonly { readonly metrics: { readonly 'write-records': number } }[]
    }
    return vertices[0]?.metrics['write-records'] ?? 0
  }

  /** Runs SQL in its MariaDB, of whatever length. */
  async sql(text: string): Promise<void> {
    const { code, stdout, stderr } = await exec(this.#fleet, this.#host, ['mariadb', '-BN', 'temperature'], { stdin: text })
    if (code !== 0) throw new Error(stdout + stderr)
  }

  /** What the JobManager's REST says. */
  async #rest(path: string): Promise<unknown> {
    const said = await this.on(asksPage({ address: '127.0.0.1' }, 8081, path, 10))
    return JSON.parse(/^\{.*\}$/m.exec(said.replaceAll('\r', ''))?.[0] ?? said)
  }

  /** What the keeper knows and the JobManager lists. */
  async seen(): Promise<JobsSeen> {
    const said = await this.on(`su flink -s /bin/sh -c ${JSON.stringify(asksJobs)}`)
    return JSON.parse(said.split('\n').find(line => line.startsWith('{')) ?? '{"wanted":[],"records":[]}') as JobsSeen
  }

  async health(): Promise<HealthAnswer> {
    return JSON.parse(await this.on('flink-jobs')) as HealthAnswer
  }

  /** Runs that go on, by job: their ids. */
  async running(): Promise<Readonly<Record<string, string>>> {
    const { jobs = [] } = await this.seen()
    return Object.fromEntries(
      jobs.filter(({ state }) => state === 'RUNNING').map(({ name, id }) => [name.split(' ')[0] ?? '', id] as const),
    )
  }

  /** From which checkpoint or savepoint a run went on; empty: from none. */
  async restored(id: string): Promise<string> {
    const answer = (await this.#rest(`/jobs/${id}/checkpoints`)) as {
      readonly latest: { readonly restored: { readonly external_path?: string; readonly is_savepoint: boolean } | null }
    }
    const { restored } = answer.latest
    return restored === null ? '' : `${restored.is_savepoint ? 'savepoint' : 'checkpoint'} ${restored.external_path ?? ''}`
  }

  /** Writes down the most that programs which submit a job hold, from now on, until the Pi ends. */
  async watchSubmissions(): Promise<void> {
    await this.on(`cat > /run/watch-submissions <<'END'
while sleep 0.2; do
  for pid in $(pgrep -f '[S]ubmitSql'); do
    [ "$(cat /proc/$pid/comm 2>/dev/null)" = java ] && grep -hE 'VmHWM|RssAnon' /proc/$pid/status 2>/dev/null | tr '\\n' ' ' && echo "$pid beside $(pgrep -fc '[T]askManagerRunner')"
  done
done >> /run/submissions
END
systemd-run -q --unit=watch-submissions bash /run/watch-submissions`)
  }

  /** MiB that one that submits held at most. */
  async submission(): Promise<number> {
    return mib(await this.on(`sed -nE 's/.*VmHWM:\\s+([0-9]+) kB.*/\\1/p' /run/submissions | sort -n | tail -1`))
  }

  /** Looks at which a TaskManager was there beside one that submits, and all looks. */
  async beside(): Promise<readonly [beside: number, looks: number]> {
    const said = await this.on(`grep -c 'beside [1-9]' /run/submissions; grep -c beside /run/submissions`)
    const [beside = NaN, looks = NaN] = said.split('\n').map(Number)
    return [beside, looks]
  }

  /** What the main processes of units hold; nothing of one that does not run now. */
  async resident(units: readonly string[]): Promise<Readonly<Record<string, Resident>>> {
    const fields = String.raw`s/^(VmHWM|VmRSS|RssAnon):\s+([0-9]+) kB/\2/p`
    const said = await this.on(
      units
        .map(unit => `printf '%s ' ${unit}; sed -nE '${fields}' /proc/$(systemctl show -P MainPID ${unit})/status 2>/dev/null | xargs`)
        .join('\n'),
    )
    return Object.fromEntries(
      said.split('\n').map(line => {
        const [unit = '', most, now, own] = line.split(' ')
        return [unit, { now: mib(now), most: mib(most), own: mib(own) }]
      }),
    )
  }

  /** The raw readings' own query beside the job's table. Means are compared to nine digits, for they are sums in another order. */
  async compared(span: 'minute' | 'hour'): Promise<Compared> {
    const format = span === 'minute' ? '%Y-%m-%d %H:%i:00' : '%Y-%m-%d %H:00:00'
    const both = `(SELECT reading_location, CAST(DATE_FORMAT(reading_date, '${format}') AS DATETIME) AS reading_from, MIN(reading_value) AS least,
  AVG(reading_value) AS mean, MAX(reading_value) AS highest, COUNT(*) AS count FROM reading GROUP BY 1, 2) q
LEFT JOIN reading_${span} t USING (reading_location, reading_from)`
    const same = `IFNULL(t.reading_least = q.least AND t.reading_highest = q.highest AND t.reading_count = q.count
  AND ABS(t.reading_mean - q.mean) < 1e-9, 0)`
    const said = await this.on(`mariadb -BN temperature <<'END'
SELECT COUNT(*), (SELECT COUNT(*) FROM reading_${span}), IFNULL(SUM(${same}), 0) FROM ${both};
SELECT reading_location, reading_from, q.count, IFNULL(t.reading_count, 'none') FROM ${both} WHERE NOT ${same} LIMIT 5;
END`)
    const [sums = '', ...others] = said.split('\n')
    const [raw = NaN, table = NaN, equal = NaN] = sums.split('\t').map(Number)
    return { raw, table, same: equal, others }
  }

  /** Processes that the kernel ended for want of memory. */
  async outOfMemory(): Promise<readonly string[]> {
    // Not the JVMs' own flags, which they tell at each start.
    const words = 'oom-kill|killed by the OOM killer|java.lang.OutOfMemoryError'
    const said = await this.on(`journalctl -b -o short --no-pager | grep -iE '${words}' || true`)
    return said.split('\n').filter(Boolean)
  }
}
