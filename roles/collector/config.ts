import type { CollectorConfig } from '../../collector/config.ts'
import { spelled } from '../../engine/inventory/address.ts'
import type { Host } from '../../engine/inventory/types.ts'
import type { Target } from './targets.ts'
import type { CollectorVars } from './vars.ts'

/** The agent's config: readings of this host, to where they go. */
export function collectorConfig(host: Host, targets: readonly Target[], vars: CollectorVars): string {
  const config: CollectorConfig = {
    location: host.name,
    note: vars.note,
    interval: vars.interval,
    sensor: vars.sensor,
    metrics: { address: vars.listen ?? spelled(host.address), port: vars.metricsPort },
    backends: targets.map(({ backend }) => backend),
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}
