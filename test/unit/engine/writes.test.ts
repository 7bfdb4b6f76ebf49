import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { askWrites, perDay, readWrites } from '../../../engine/writes.ts'
import { readStatus } from '../../../engine/status.ts'
import { bash } from './bash.ts'

test('what a process wrote is read from the kernel, and for how long it has run', async () => {
  const file = path.join(tmpdir(), `writes-${process.pid}`)
  onTestFinished(() => rmSync(file, { force: true }))
  // A name with blanks and a bracket: it stands in /proc/PID/stat before the figures.
  const child = spawn('bash', [
    '-c',
    `printf 'a) b' >/proc/$$/comm; dd if=/dev/zero of=${file} bs=1M count=3 conv=fsync 2>/dev/null; echo; read -r`,
  ])
  onTestFinished(() => void child.kill())
  await once(child.stdout, 'data')
  const { stdout } = bash(askWrites(`${child.pid} 999999999`))
  const [, written] = [...readWrites(stdout)][0] ?? []
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(written?.seconds).toBeLessThan(60)
  expect(written?.seconds).toBeGreaterThanOrEqual(0)
})

test('what was taken back before it was written does not count, and a line that is none is nothing', () => {
  expect([...readWrites('17 5000 1000 600\n\n18 x 0 5\n19 10 20 700\n')]).toEqual([
    ['17', { bytes: 4000, seconds: 600 }],
    ['19', { bytes: 0, seconds: 700 }],
  ])
})

test('a rate is told when some minutes have passed: a start writes much', () => {
  expect(perDay({ bytes: 1_000_000, seconds: 599 })).toBeUndefined()
  expect(perDay({ bytes: 1_000_000, seconds: 8640 })).toBe(10_000_000)
})

test('the status of a role has what all its units write', () => {
  const unit = (name: string, pid: number) => `Id=${name}.service\nActiveState=active\nMainPID=${pid}`
  const output = `\u001eunits\n${unit('shop', 17)}\n\n${unit('till', 18)}\n\u001ewrites\n17 4000 0 8640\n18 1000 0 8640\n`
  const asked = { role: { name: 'shop' }, question: { units: ['shop', 'till'] }, planned: 0 }
  expect(readStatus([asked], output)[0]?.writesPerDay).toBe(50_000)
})
