import { expect, it } from 'vitest'
import type { Fleet } from '../../../../engine/inventory/types.ts'
import { parseStatus } from '../../../../roles/cassandra/ring/index.ts'
import { ringText } from '../../../../roles/cassandra/ring-text.ts'

const status = `Datacenter: dc1
--  Address      Load        Tokens  Owns (effective)  Host ID                               Rack
UN  10.0.0.20    101.74 KiB  8       66.7%             d219c431-a774-4676-84af-9598dc82a4dd  rack1
DN  10.0.0.90    12.5 MiB    16      33.3%             4216880d-5409-4e3c-8b9e-185c0b6414f7  rack1
UJ  10.0.0.99    ?           4       ?                 5216880d-5409-4e3c-8b9e-185c0b6414f7  rack1
`

it('shows the ring in the order of the inventory; who that does not know, by address and last', () => {
  const fleet = {
    hosts: [
      { name: 'mysql', address: '10.0.0.90' },
      { name: 'cassandra2', address: '10.0.0.20' },
    ],
  } as unknown as Fleet
  expect(ringText(parseStatus(status), fleet)).toBe(`NODE        ADDRESS    STATE  TOKENS      LOAD    OWNS
mysql       10.0.0.90  DN         16  12.5 MiB  33.3 %
cassandra2  10.0.0.20  UN          8   0.1 MiB  66.7 %
10.0.0.99   10.0.0.99  UJ          4         –       –`)
})
