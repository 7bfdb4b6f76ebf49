import { expect, test } from 'vitest'
import { readCassandra } from '../../../roles/cassandra/status.ts'
import { readCollector } from '../../../roles/collector/status.ts'
import { readNewest } from '../../../roles/mariadb/status.ts'

test('MariaDB: its version, and how old the newest reading of each location is', () => {
  expect(readNewest('version\t10.11.6-MariaDB-0+deb12u1\nproducer1\t7\nproducer2\t2\nend\t0\tof readings\n')).toEqual({
    says: ['MariaDB 10.11.6', 'last reading producer1 7 s, producer2 2 s ago'],
  })
  const many = Array.from({ length: 10 }, (_, index) => `place${index}\t${10 ** (index % 8)}\n`).join('')
  expect(readNewest(`version\t11.8.2-MariaDB\n${many}end\t0\tof readings\n`).says).toEqual([
    'MariaDB 11.8.2',
    'last reading place7 116 days, place6 12 days, place5 28 h, place4 3 h, place3 17 min, place2 100 s, place1 10 s, place9 10 s ago, and later of 2 more',
  ])
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
  expect(readCassandra(metrics(0), 0.5)).toEqual({ wrong: [], says: ['a ring of 2', 'holds 2.0 MiB'] })
  expect(
    readCassandra(
      `${metrics(0)}version apache-cassandra-5.0.6.jar\n# TYPE cassandra_owned_ratio gauge\ncassandra_owned_ratio 0.3346\n`,
      1 / 3,
    ),
  ).toEqual({ wrong: [], says: ['Cassandra 5.0.6', 'a ring of 2', 'holds 2.0 MiB', 'owns 33 % of all rows, 33 % by weight'] })
  expect(readCassandra(metrics(1), 0.5)).toEqual({
    wrong: ['1 of 3 nodes are down as it sees them: `nodetool status`'],
    says: ['a ring of 3', 'holds 2.0 MiB'],
  })
  expect(readCassandra('', 1)).toEqual({ wrong: ['it runs and does not answer'] })
})
