import { expect, test } from 'vitest'
import { sysctl } from '../../../../engine/resources/sysctl.ts'
import { bash } from '../bash.ts'

const net = sysctl('net', { 'vm.swappiness': 1, 'net.ipv4.tcp_rmem': '4096 131072 6291456' })
const { kind } = net
const right = { 'vm.swappiness': '1', 'net.ipv4.tcp_rmem': '4096 131072 6291456' }

test('reads values with tabs folded, and whether the file is written', () => {
  const output = '0 vm.swappiness=60\n0 net.ipv4.tcp_rmem=4096\t131072\t6291456\n1 vm.swappiness=60\n1 written\n'
  const other = sysctl('other', { 'vm.swappiness': 60 })
  expect(kind.read(output, [net.spec, other.spec])).toEqual([
    { written: false, values: { ...right, 'vm.swappiness': '60' } },
    { written: true, values: { 'vm.swappiness': '60' } },
  ])
})

test.for<[Record<string, string>, boolean, string[]]>([
  [right, true, []],
  [right, false, ['write /etc/sysctl.d/60-net.conf']],
  [{ ...right, 'vm.swappiness': '60' }, true, ['vm.swappiness 60 → 1']],
  [{ ...right, 'vm.swappiness': '' }, false, ['vm.swappiness (unset) → 1']],
])('compares %j, written %j', ([values, written, does]) => {
  expect(kind.compare(net.spec, { values, written }, []).map(change => change.does)).toEqual(does)
})

test('writes the file whole, then loads just it', () => {
  const [write, load] = kind.change(net.spec, { values: {}, written: false }, [])
  const content = Buffer.from('vm.swappiness = 1\nnet.ipv4.tcp_rmem = 4096 131072 6291456\n').toString('base64')
  expect(write && 'run' in write ? write.run.replaceAll('\n', '') : '').toContain(
    `base64 -d <<'.' >/etc/sysctl.d/60-net.conf.provision-new${content}.`,
  )
  expect(load).toEqual({ run: 'sysctl -q -p /etc/sysctl.d/60-net.conf' })
})

test('a real kernel is asked without a fork a value', () => {
  const spec = sysctl('no-such-file', { 'kernel.ostype': 'Linux', 'no.such.key': 1 }).spec
  const [seen] = kind.read(bash(kind.ask([spec])).stdout, [spec])
  expect(seen).toEqual({ written: false, values: { 'kernel.ostype': process.platform === 'linux' ? 'Linux' : '', 'no.such.key': '' } })
})
