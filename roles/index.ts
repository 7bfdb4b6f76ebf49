import type { Roles } from '../engine/role.ts'
import alertmanager from './alertmanager/index.ts'
import awsiot from './awsiot/index.ts'
import base from './base/index.ts'
import cassandra from './cassandra/index.ts'
import collector from './collector/index.ts'
import exporters from './exporters/index.ts'
import flink from './flink/index.ts'
import grafana from './grafana/index.ts'
import kafka from './kafka/index.ts'
import mariadb from './mariadb/index.ts'
import mosquitto from './mosquitto/index.ts'
import prometheus from './prometheus/index.ts'
import sink from './sink/index.ts'

/** Every role a fleet may use, by name. */
export const roles: Roles = {
  alertmanager,
  awsiot,
  base,
  cassandra,
  collector,
  exporters,
  flink,
  grafana,
  kafka,
  mariadb,
  mosquitto,
  prometheus,
  sink,
}
