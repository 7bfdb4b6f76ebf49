import { describe, expect, it } from 'vitest'
import { collectorUnit, sinkUnit } from '../../../collector/unit.ts'
import { unit } from '../../../roles/cassandra/config/files.ts'
import { unit as flinkUnit } from '../../../roles/flink/config/unit.ts'
import { watchService } from '../../../roles/alertmanager/watch.ts'
import { figuresService } from '../../../roles/exporters/figures.ts'
import { unit as kafkaUnit } from '../../../roles/kafka/config/files.ts'
import { guardUnit } from '../../../roles/kafka/guard/config.ts'
import { canJudge, exposure } from './exposure.ts'

if (!canJudge) console.warn('SKIPPED: what systemd says of units: it is missing here, or older than 250')

const most = 4

describe.skipIf(!canJudge)('units of services, judged by systemd', () => {
  it('cassandra', () => expect(exposure('cassandra', unit)).toBeLessThanOrEqual(most))
  it('collector', () => expect(exposure('collector', collectorUnit())).toBeLessThanOrEqual(most))
  it('sink', () => expect(exposure('sink', sinkUnit())).toBeLessThanOrEqual(most))
  it('kafka', () => expect(exposure('kafka', kafkaUnit)).toBeLessThanOrEqual(most))
  it('flink', () => expect(exposure('flink-jobmanager', flinkUnit('jobmanager'))).toBeLessThanOrEqual(most))
  it('guard of kafka', () => expect(exposure('kafka-guard', guardUnit)).toBeLessThanOrEqual(most))
  it('watch of Prometheus', () => expect(exposure('prometheus-watch', watchService)).toBeLessThanOrEqual(most))
  it('figures of a Pi', () => expect(exposure('pi-figures', figuresService)).toBeLessThanOrEqual(most))
})
