import { describe, expect, it } from 'vitest'
import { bytesOf, parseStatus, stateText } from '../../../../../roles/cassandra/ring/status.ts'
import { liveRing, memberQuestion, parseNetstats, readMember, unrest, type Member } from '../../../../../roles/cassandra/ring/index.ts'

const a = 'cb0898f1-397e-4f89-b63c-e026a3c922ff'
const b = '1bf22b89-a593-4a9c-a03a-5fb48ddadd50'
const status = `Datacenter: dc1
===============
Status=Up/Down
|/ State=Normal/Leaving/Joining/Moving
--  Address      Load       Tokens  Owns (effective)  Host ID                               Rack 
UJ  10.78.23.12  ?          2       ?                 ${b}  rack1
UN  10.78.23.11  90.64 KiB  2       100.0%            ${a}  rack1
`
const answer = (kept = status) => `\u001dservice
active
\u001ddisk
7799619584 8417406976
\u001dremains
yes
\u001dplaced
yes
\u001dstatus
${kept}
\u001dnetstats
Mode: NORMAL
Not sending any streams.
\u001dcql
{"host_id":"${a}","broadcast_address":"10.78.23.11","tokens":["10","-20"],"schema_version":"v1"}
{"peer":"10.78.23.12","host_id":"${b}","tokens":["30","-40"],"schema_version":"v1"}
{"keyspace_name":"system_auth","replication":{"class":"org.apache.cassandra.locator.SimpleStrategy","replication_factor":"1"}}
{"keyspace_name":"system","replication":{"class":"org.apache.cassandra.locator.LocalStrategy"}}
{"keyspace_name":"temperature","replication":{"class":"org.apache.cassandra.locator.NetworkTopologyStrategy","dc1":"2"}}
{"kind":"CLEANUP"}
`

describe('nodetool status', () => {
  it('gives a line a node', () => {
    expect(parseStatus(status)).toEqual([
      { up: true, state: 'joining', address: '10.78.23.12', load: undefined, tokens: 2, owns: undefined, id: b },
      { up: true, state: 'normal', address: '10.78.23.11', load: 92815, tokens: 2, owns: 1, id: a },
    ])
  })
  it('has loads in units, and states in two letters', () => {
    expect([bytesOf('12 bytes'), bytesOf('1.5 KiB'), bytesOf('2 GiB'), bytesOf('3 parsecs')]).toEqual([12, 1536, 2 ** 31, undefined])
    expect(stateText({ up: false, state: 'leaving' })).toBe('DL')
  })
})

describe('nodetool netstats', () => {
  it('adds up what streams', () => {
    const text = `Mode: LEAVING
Unbootstrap 91d1
    /10.78.23.12
        Sending 3 files, 3000 bytes total. Already sent 1 files (33.33%), 1200 bytes total (40.00%)
            /var/lib/cassandra/data/x 100/200 bytes (50%) sent to idx:0
    /10.78.23.13
        Sending 2 files, 500 bytes total. Already sent 0 files, 0 bytes total
        Receiving 1 file, 70 bytes total. Already received 1 files (100.00%), 70 bytes total (100.00%)
`
    expect(parseNetstats(text)).toEqual({ mode: 'LEAVING', streams: { sent: 1200, toSend: 3500, received: 70, toReceive: 70 } })
    expect(parseNetstats('nodetool: Failed to connect')).toMatchObject({ mode: undefined })
  })
})

describe('a member', () => {
  it('is asked for what it says of itself and of the others', () => {
    const member = readMember(answer())
    expect(member).toMatchObject({
      service: 'active',
      mode: 'NORMAL',
      id: a,
      address: '10.78.23.11',
      schemas: ['v1'],
      tasks: ['cleanup'],
      disk: { free: 7799619584 },
      remains: true,
      placed: true,
    })
    expect(member.tokens.get(a)).toEqual([-20n, 10n])
    expect([...member.copies]).toEqual([
      ['system_auth', 1],
      ['temperature', 2],
    ])
  })
  it('whose server is stopped says only what its disk tells', () => {
    expect(readMember('\u001dservice\ninactive\n\u001ddisk\n\u001dremains\n\u001dplaced\n')).toMatchObject({
      service: 'inactive',
      mode: undefined,
      id: undefined,
      sees: [],
      disk: undefined,
      remains: false,
      placed: false,
    })
  })
  it('is known by where it listens while nobody can log in', () => {
    const { id, address, answers } = readMember(answer().replace(/\u001dcql[^]*/, '\u001daddress\n10.78.23.11\n'))
    expect({ id, address, answers }).toEqual({ id: a, address: '10.78.23.11', answers: false })
  })
  it('is asked by a script that bash can read', () => {
    expect(memberQuestion('temperature')).toContain('ask status temperature')
  })
})

describe('a ring', () => {
  const members = (kept?: string): ReadonlyMap<string, Member> => new Map([['mysql', readMember(answer(kept))]])
  it('has the names of the inventory, and leaves out who still joins', () => {
    expect(liveRing(members())).toEqual([{ name: 'mysql', tokens: [-20n, 10n] }])
  })
  it('is told what is not still about it', () => {
    expect(unrest(members())).toEqual(['10.78.23.12 is UJ (joining) as mysql sees it'])
    expect(unrest(members(status.replace('UJ', 'UN')))).toEqual([])
    expect(unrest(members(status.replace('UJ', 'DN')))).toEqual(['10.78.23.12 is DN (down) as mysql sees it'])
    const stopped = readMember('\u001dservice\ninactive\n\u001daddress\ncassandra2.local\n10.78.23.12\n')
    expect(unrest(new Map([...members(status.replace('UJ', 'DN')), ['cassandra2', stopped]]))).toEqual([
      'cassandra2 is DN (down) as mysql sees it',
    ])
  })
})
