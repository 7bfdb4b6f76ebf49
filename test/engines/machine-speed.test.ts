import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { buildProgram } from '../../engine/programs/index.ts'
import { machineSpeed } from '../../lab/speed/machine-speed.ts'

const probes = async (): Promise<readonly string[]> => {
  const { stdout } = await execa('pgrep', ['-f', '-P', String(process.pid), 'probe.cjs'], { reject: false })
  return stdout.split('\n').filter(Boolean)
}

test('the machine is probed, and no probe is left', { timeout: 30_000 }, async () => {
  const machine = await machineSpeed()
  const began = performance.now()
  await sleep(4000)
  const during = await probes()
  expect(during.length).toBeGreaterThan(0)
  expect(machine.between(began, began + 4000)).toBeGreaterThan(10)
  expect(machine.between(began + 60_000, began + 61_000)).toBeUndefined()
  await machine.stop()
  expect(await probes()).toEqual([])
})

test('a probe whose starter died ends by itself', { timeout: 30_000 }, async () => {
  const { path } = await buildProgram(fileURLToPath(new URL('../../lab/speed/probe.ts', import.meta.url)))
  const probe = execa(process.execPath, [path], { stdin: 'pipe', reject: false, timeout: 20_000 })
  await sleep(1500)
  // What the kernel does to the pipe of a process that is gone.
  probe.stdin.end()
  const { exitCode, stdout } = await probe
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^speed \d/)
})
