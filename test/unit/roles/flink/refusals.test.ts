import { describe, expect, it } from 'vitest'
import { members } from '../../../../roles/flink/members.ts'
import { refuseBoard, refuseCluster } from '../../../../roles/flink/refusals.ts'
import { fleetOf, type Pi } from './fleet.ts'

const refusal =
  (...pis: readonly Pi[]) =>
  () =>
    refuseCluster(members(fleetOf(...pis)))
const worker: Pi = { vars: { processes: 'taskmanager', shared: true } }
const both: Pi = { vars: { shared: true } }

describe('Pis that cannot be one cluster', () => {
  it('none: one Pi with both, or one JobManager and TaskManagers that share a folder', () => {
    expect(refusal({})).not.toThrow()
    expect(refusal(both, worker, worker)).not.toThrow()
    expect(refusal({ vars: { processes: 'jobmanager', shared: true } }, worker)).not.toThrow()
  })

  it('two JobManagers, by name and with what to set', () => {
    expect(refusal(both, both, worker)).toThrow(/^flink1 and flink2 would each run a JobManager: a fleet has one/)
    try {
      refusal(both, both, worker)()
    } catch (error) {
      expect(error).toMatchObject({ hint: 'set processes: taskmanager for the role flink on flink2' })
    }
  })

  it('no JobManager, or no TaskManager', () => {
    expect(refusal(worker)).toThrow('flink1 would run a TaskManager only')
    expect(refusal({ vars: { processes: 'jobmanager' } })).toThrow('flink1 would run a JobManager only')
  })

  it('two Pis without a folder in common', () => {
    expect(refusal({}, { vars: { processes: 'taskmanager' } })).toThrow('Flink runs on flink1, flink2, and they have no folder in common')
  })

  it('two backends, for a job runs on both', () => {
    expect(refusal(both, { vars: { processes: 'taskmanager', shared: true, state: 'rocksdb' } })).toThrow(
      'state is hashmap for flink1 and rocksdb for flink2',
    )
  })

  it('an address that is a name, or known to one cable only', () => {
    expect(refusal({ address: 'pi.local' })).toThrow('flink1 has the address pi.local')
    expect(refusal({ ...both, address: '169.254.3.4' }, worker)).toThrow('others do not reach flink1 at 169.254.3.4')
  })

  it('two ports that are one', () => {
    expect(refusal({ vars: { rpcPort: 7000, dataPort: 7000 } })).toThrow('on flink1 rpcPort and dataPort are both 7000')
  })

  it('RocksDB on 32 bits', () => {
    expect(() => refuseBoard({ architecture: 'armhf' }, { state: 'rocksdb' })).toThrow('RocksDB is not built for one')
    expect(() => refuseBoard({ architecture: 'armhf' }, { state: 'hashmap' })).not.toThrow()
  })
})
