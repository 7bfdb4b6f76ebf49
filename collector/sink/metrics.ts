import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** The sink's Prometheus metrics, all in one registry. */
export type SinkMetrics = ReturnType<typeof createSinkMetrics>

/**
 * The sink's metrics at zero, so that every series is there from the first scrape. `ends`: the names of what it reads from and writes to.
 * `tellsLag`: somebody knows what waits, by partition; else there is no such series.
 */
export function createSinkMetrics(ends: readonly string[], tellsLag = true) {
  const registry = new Registry()
  const registers = [registry]
  const whereTold = tellsLag ? registers : []
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers })
  const metrics = {
    registry,
    taken: counter('sink_taken_total', 'Readings taken, and what was none; what is taken again counts again'),
    written: counter('sink_written_total', 'Readings the store acknowledged'),
    duplicates: counter('sink_duplicates_total', 'Readings among the written that were there already'),
    // One number, whatever they were put aside for: a series that is new with its first letter tells no rule of that one.
    dead: counter('sink_dead_letters_total', 'Records that can never be stored, kept as dead letters'),
    gone: counter('sink_gone_total', 'Records that were gone from the topic before they were stored: retention took them'),
    errors: new Counter({
      name: 'sink_errors_total',
      help: 'Failed attempts to connect, read or write',
      labelNames: ['of', 'kind', 'code'],
      registers,
    }),
    defects: new Counter({
      name: 'sink_defects_total',
      help: 'Errors nobody expected; the sink went on',
      labelNames: ['where'],
      registers,
    }),
    up: new Gauge({ name: 'sink_up', help: '1 while the last attempt succeeded', labelNames: ['of'], registers }),
    partitions: new Gauge({ name: 'sink_partitions', help: 'Partitions this member of the group has', registers: whereTold }),
    lag: new Gauge({
      name: 'sink_partition_lag',
      help: 'Records of a partition that the group has not stored; the same from each of its members',
      labelNames: ['partition'],
      registers: whereTold,
    }),
    lagSum: new Gauge({
      name: 'sink_lag',
      help: 'Records of the topic that the group has not stored; NaN: not known',
      registers: whereTold,
    }),
    storeSeconds: new Histogram({
      name: 'sink_store_seconds',
      help: 'Time until the store acknowledged a batch',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  }
  for (const of of ends) metrics.up.set({ of }, 0)
  metrics.lagSum.set(NaN)
  return metrics
}
