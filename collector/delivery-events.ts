import type { ShownCertificate } from './backends/backend.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { DeliveryEvents } from './delivery.ts'
import type { Health } from './health.ts'
import type { Log, Sparing } from './log.ts'
import type { Metrics } from './metrics.ts'
import { sentence } from './problem.ts'

/** What becomes of one backend's deliveries: metrics, health and log. `shown`: with which certificate a reading was acknowledged last. */
export function deliveryEvents(
  backend: string,
  metrics: Metrics,
  health: Health,
  log: Log,
  sometimes: Sparing,
  shown: () => ShownCertificate | undefined = () => undefined,
): DeliveryEvents {
  let away = false
  let certificate: string | undefined
  return {
    connected() {
      if (away) log('notice', `${backend} is back`)
      away = false
    },
    stored(readings, duplicates, seconds) {
      const now = shown()
      if (now && now.fingerprint !== certificate) {
        if (certificate !== undefined) metrics.issued.remove({ backend, certificate })
        certificate = now.fingerprint
        metrics.issued.set({ backend, certificate }, now.issued)
      }
      metrics.stored.inc({ backend }, readings)
      metrics.duplicates.inc({ backend }, duplicates)
      metrics.storeSeconds.observe({ backend }, seconds)
      metrics.up.set({ backend }, 1)
      health.stored(backend)
    },
    failed(failure, retryIn) {
      const { kind, code, message, remedy } = failure
      away = true
      metrics.errors.inc({ backend, kind, code })
      metrics.up.set({ backend }, 0)
      health.failed(backend, failure)
      const advice = remedy === undefined ? 'readings are kept' : remedy
      sometimes(
        `${backend} ${kind} ${code}`,
        kind === 'refused' ? 'error' : 'warning',
        `${backend}: ${message}; next try in ${(retryIn / 1000).toFixed(1)} s; ${advice}`,
      )
    },
    buried(reading, failure) {
      const { kind, code, message } = failure
      metrics.errors.inc({ backend, kind, code })
      metrics.deadLetters.inc({ backend })
      health.buried(backend, failure)
      sometimes(
        `${backend} buried`,
        'error',
        `${backend} can never store reading ${reading.sequence} (${code}: ${message}); it is in the dead-letter file`,
      )
    },
  }
}

/** Where the file cannot be written the journal gets the reading: a bad one must not block the good ones. */
export function sureDeadLetters(file: DeadLetters, log: Log): DeadLetters {
  return (backend, reading, failure) => {
    try {
      file(backend, reading, failure)
    } catch (error) {
      log('error', `dead letter for ${backend}, not written to its file (${sentence(error)}): ${JSON.stringify(reading)}`)
    }
  }
}
