import { Registry } from '../engine/registry.ts'

/** Every role a fleet may use, by name. */
export const registry = new Registry({
  alertmanager: () => import('./alertmanager/index.ts'),
  awsiot: () => import('./awsiot/index.ts'),
  base: () => import('./base/index.ts'),
  cassandra: () => import('./cassandra/index.ts'),
  collector: () => import('./collector/index.ts'),
  exporters: () => import('./exporters/index.ts'),
  flink: () => import('./flink/index.ts'),
  grafana: () => import('./grafana/index.ts'),
  kafka: () => import('./kafka/index.ts'),
  mariadb: () => import('./mariadb/index.ts'),
  mosquitto: () => import('./mosquitto/index.ts'),
  prometheus: () => import('./prometheus/index.ts'),
  sink: () => import('./sink/index.ts'),
})
