import type { Fleet } from '../../engine/inventory/types.ts'
import type { HealthAnswer } from '../../roles/flink/jobs/health.ts'
import type { JobsSeen } from '../../roles/flink/jobs/kind.ts'
import { asksJobs } from '../../roles/flink/jobs/place.ts'
import { inside } from './engine-support.ts'

const mib = (kib: string | undefined) => Math.round(Number(kib ?? 0) / 1024)

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
    const answer = JSON.parse(await this.on(`curl -sf http://127.0.0.1:8081/jobs/${id}/checkpoints`)) as {
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
    [ "$(cat /proc/$pid/comm 2>/dev/null)" = java ] && grep -hE 'VmHWM|RssAnon' /proc/$pid/status 2>/dev/null | tr '\\n' ' ' && echo "$pid"
  done
done >> /run/submissions
END
systemd-run -q --unit=watch-submissions bash /run/watch-submissions`)
  }

  /** MiB that one that submits held at most. */
  async submission(): Promise<number> {
    return mib(await this.on(`sed -nE 's/.*VmHWM:\\s+([0-9]+) kB.*/\\1/p' /run/submissions | sort -n | tail -1`))
  }

  /** MiB that the main processes of units hold: now, and at most since they were started. */
  async resident(units: readonly string[]): Promise<Readonly<Record<string, { readonly now: number; readonly most: number }>>> {
    const said = await this.on(
      units
        .map(
          unit =>
            `printf '%s ' ${unit}; sed -nE 's/^Vm(HWM|RSS):\\s+([0-9]+) kB/\\2/p' /proc/$(systemctl show -P MainPID ${unit})/status | xargs`,
        )
        .join('\n'),
    )
    return Object.fromEntries(
      said.split('\n').map(line => {
        const [unit = '', most, now] = line.split(' ')
        return [unit, { now: mib(now), most: mib(most) }]
      }),
    )
  }

  /** Rows of the raw readings' own query, rows of the job's table, and how many are the same: means to nine digits, for they are sums in another order. */
  async compared(span: 'minute' | 'hour'): Promise<{ readonly raw: number; readonly table: number; readonly same: number }> {
    const format = span === 'minute' ? '%Y-%m-%d %H:%i:00' : '%Y-%m-%d %H:00:00'
    const said = await this.on(`mariadb -BN temperature <<'END'
SELECT COUNT(*), (SELECT COUNT(*) FROM reading_${span}), IFNULL(SUM(t.reading_least = q.least AND t.reading_highest = q.highest
  AND t.reading_count = q.count AND ABS(t.reading_mean - q.mean) < 1e-9), 0)
FROM (SELECT reading_location, CAST(DATE_FORMAT(reading_date, '${format}') AS DATETIME) AS reading_from, MIN(reading_value) AS least,
  AVG(reading_value) AS mean, MAX(reading_value) AS highest, COUNT(*) AS count FROM reading GROUP BY 1, 2) q
LEFT JOIN reading_${span} t USING (reading_location, reading_from)
END`)
    const [raw = NaN, table = NaN, same = NaN] = said.split('\t').map(Number)
    return { raw, table, same }
  }

  /** Processes that the kernel ended for want of memory. */
  async outOfMemory(): Promise<number> {
    return Number(await this.on(`journalctl -b -o cat --no-pager | grep -ciE 'oom-kill|killed by the OOM killer|OutOfMemoryError' || true`))
  }
}
