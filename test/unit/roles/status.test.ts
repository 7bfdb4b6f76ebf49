import { expect, test } from 'vitest'
import { readCassandra } from '../../../roles/cassandra/status.ts'
import { readCollector } from '../../../roles/collector/status.ts'
import { readNewest } from '../../../roles/mariadb/status.ts'

test('MariaDB: its version, and how old the newest reading is', () => {
  expect(readNewest('version\t10.11.6-MariaDB-0+deb12u1\nproducer1\t7\nproducer2\t2\nend\t0\tof readings\n')).toEqual({
    says: ['MariaDB 10.11.6', 'readings of 2 locations, the newest 2 s old'],
  })
  expect(readNewest('version\t11.8.2-MariaDB\nend\t0\tof readings\n')).toEqual({ says: ['MariaDB 11.8.2', 'no reading yet'] })
  expect(readNewest('version\t11.8.2-MariaDB\n')).toEqual({ wrong: ['it answers, and its table of readings cannot be read'] })
  expect(readNewest('')).toEqual({ wrong: ['it runs and does not answer'] })
})

test('collector: what is ill in its own words, what waits', () => {
  const metrics =
    'HTTP/1.0 200 OK\r\n\r\ncollector_readings_total 120\ncollector_queue_readings{backend="mariadb"} 3\ncollector_queue_readings{backend="cassandra"} 4\n'
  expect(readCollector(`HTTP/1.1 200 OK\r\n\r\nok\n  mariadb: away (no route) since\n\u001d${metrics}`)).toEqual({
    wrong: [],
    warns: ['mariadb: away (no route) since'],
    says: ['120 readings since it started', '7 wait'],
  })
  expect(readCollector(`HTTP/1.1 503 X\r\n\r\nill\n${metrics}`)).toMatchObject({ wrong: ['it does not say that it is well'] })
  expect(readCollector(`HTTP/1.1 503 X\r\n\r\nill\n  mariadb: not tried yet; 4 wait\n`)).toMatchObject({
    wrong: ['mariadb: not tried yet; 4 wait'],
  })
  expect(readCollector(`HTTP/1.1 503 X\r\n\r\nill\n! sensor: cannot be read\n\u001d${metrics}`)).toMatchObject({
    wrong: ['sensor: cannot be read'],
  })
  expect(readCollector('')).toEqual({ wrong: ['it runs and does not answer'] })
})

test('Cassandra: the ring as the node sees it', () => {
  const metrics = (down: number) =>
    `HTTP/1.1 200\n\ncassandra_nodes_upendpointcount 2.0\ncassandra_nodes_downendpointcount ${down}.0\ncassandra_storage_load 2097152.0\n`
  expect(readCassandra(metrics(0))).toEqual({ wrong: [], says: ['a ring of 2', 'holds 2.0 MiB'] })
  expect(readCassandra(metrics(1))).toEqual({
    wrong: ['1 of 3 nodes are down as it sees them: `nodetool status`'],
    says: ['a ring of 3', 'holds 2.0 MiB'],
  })
  expect(readCassandra('')).toEqual({ wrong: ['it runs and does not answer'] })
})
