import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** The agent's Prometheus metrics, all in one registry. */
export type Metrics = ReturnType<typeof createMetrics>

/** The agent's metrics at zero, so that every series is there from the first scrape. */
export function createMetrics(location: string, backends: readonly string[]) {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const metrics = {
    registry,
    temperature: new Gauge({ name: 'collector_temperature_celsius', help: 'The last reading', labelNames: ['location'], registers }),
    readings: new Counter({ name: 'collector_readings_total', help: 'Readings taken and put in the queue', registers }),
    missed: new Counter({
      name: 'collector_missed_total',
      help: 'Readings not taken because this process got no time, or the sensor took longer than the interval',
      registers,
    }),
    sensorErrors: new Counter({
      name: 'collector_sensor_errors_total',
      help: 'Failed reads of the sensor',
      labelNames: ['kind'],
      registers,
    }),
    doubted: new Counter({
      name: 'collector_readings_doubted_total',
      help: 'Temperatures that were read and not believed',
      labelNames: ['reason'],
      registers,
    }),
    undated: new Counter({
      name: 'collector_undated_total',
      help: 'Readings not taken because no date could be given that surely was not given before',
      registers,
    }),
    corrected: new Counter({
      name: 'collector_dates_corrected_total',
      help: 'Readings dated more than a second from the clock',
      registers,
    }),
    queueErrors: new Counter({
      name: 'collector_queue_errors_total',
      help: 'Readings held in memory because the disk took none, and failed syncs',
      labelNames: ['code'],
      registers,
    }),
    defects: new Counter({
      name: 'collector_defects_total',
      help: 'Errors nobody expected; the agent went on',
      labelNames: ['where'],
      registers,
    }),
    damaged: new Counter({ name: 'collector_queue_damaged_total', help: 'Lines of the queue skipped for a wrong checksum', registers }),
    queueBytes: new Gauge({ name: 'collector_queue_bytes', help: 'Bytes of the queue on disk', registers }),
    queueMemory: new Gauge({
      name: 'collector_queue_memory_readings',
      help: 'Readings in memory only, because the disk takes none',
      registers,
    }),
    diskUp: new Gauge({ name: 'collector_queue_disk_up', help: '1 while the disk does all that is asked of it', registers }),
    queueReadings: new Gauge({
      name: 'collector_queue_readings',
      help: 'Readings a backend has not acknowledged',
      labelNames: ['backend'],
      registers,
    }),
    queueOldest: new Gauge({
      name: 'collector_queue_oldest_seconds',
      help: 'Age of the oldest reading a backend has not acknowledged',
      labelNames: ['backend'],
      registers,
    }),
    stored: new Counter({ name: 'collector_stored_total', help: 'Readings a backend acknowledged', labelNames: ['backend'], registers }),
    duplicates: new Counter({
      name: 'collector_duplicates_total',
      help: 'Readings among the stored that were there already',
      labelNames: ['backend'],
      registers,
    }),
    dropped: new Counter({
      name: 'collector_dropped_total',
      help: 'Readings lost before a backend got them, because the queue was full or damaged',
      labelNames: ['backend', 'reason'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'collector_dead_letters_total',
      help: 'Readings a backend can never store',
      labelNames: ['backend'],
      registers,
    }),
    errors: new Counter({
      name: 'collector_errors_total',
      help: 'Failed attempts to connect or store',
      labelNames: ['backend', 'kind', 'code'],
      registers,
    }),
    up: new Gauge({ name: 'collector_backend_up', help: '1 while the last attempt succeeded', labelNames: ['backend'], registers }),
    issued: new Gauge({
      name: 'collector_certificate_issued_timestamp_seconds',
      help: 'When the certificate was issued with which a backend last acknowledged a reading',
      labelNames: ['backend', 'certificate'],
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'collector_store_seconds',
      help: 'Time until a backend acknowledged a batch',
      labelNames: ['backend'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  }
  for (const reason of ['power-on', 'jump']) metrics.doubted.inc({ reason }, 0)
  for (const backend of backends) {
    for (const counter of [metrics.stored, metrics.duplicates, metrics.deadLetters]) counter.inc({ backend }, 0)
    for (const reason of ['full', 'damaged']) metrics.dropped.inc({ backend, reason }, 0)
    metrics.up.set({ backend }, 0)
    metrics.storeSeconds.zero({ backend })
  }
  metrics.temperature.set({ location }, NaN)
  return metrics
}
