import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bringTerraform } from '../../../stacks/terraform-release.ts'

const version = '9.9.9'
const name = `terraform_${version}_linux_${process.arch === 'arm64' ? 'arm64' : 'amd64'}.zip`
let folder: string
let files: Record<string, Buffer>
/** Bytes of a file after which the server hangs up. */
let cut: number | undefined
let from: string
let close: () => Promise<unknown>
const to = () => path.join(folder, 'bin', 'terraform')
const bring = () => bringTerraform(to(), { version, from })

/** A server of the same layout. */
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'terraform-release-'))
  cut = undefined
  writeFileSync(path.join(folder, 'terraform'), '#!/bin/sh\necho Terraform v9.9.9\n')
  execFileSync('python3', ['-m', 'zipfile', '-c', 'release.zip', 'terraform'], { cwd: folder })
  const zip = readFileSync(path.join(folder, 'release.zip'))
  const sum = createHash('sha256').update(zip).digest('hex')
  files = { [name]: zip, [`terraform_${version}_SHA256SUMS`]: Buffer.from(`${'0'.repeat(64)}  other.zip\n${sum}  ${name}\n`) }
  const server = createServer(({ url = '' }, answer) => {
    const content = files[url.replace(`/terraform/${version}/`, '')]
    if (content === undefined) return void answer.writeHead(404).end()
    answer.writeHead(200, { 'content-length': content.length })
    if (cut === undefined || !url.endsWith('.zip')) answer.end(content)
    else answer.write(content.subarray(0, cut), () => answer.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  from = `http://127.0.0.1:${(server.address() as AddressInfo).port}/terraform`
  close = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
})
afterEach(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

test('a release is unpacked and can be started; once more, it is there anew', async () => {
  for (const _ of [1, 2]) {
    await bring()
    expect(execFileSync(to(), { encoding: 'utf8' })).toBe('Terraform v9.9.9\n')
    expect(readdirSync(path.dirname(to()))).toEqual(['terraform'])
  }
})

test('one that is not what its sums say is not taken', async () => {
  files[name] = Buffer.concat([files[name] ?? Buffer.alloc(0), Buffer.from('x')])
  await expect(bring()).rejects.toThrow(`${name} is not what its sums say`)
  expect(readdirSync(folder)).not.toContain('bin')
})

test('one that is cut off is not taken', async () => {
  cut = 20
  await expect(bring()).rejects.toThrow()
  expect(readdirSync(folder)).not.toContain('bin')
})

test('one that is not there is told with its address', async () => {
  delete files[name]
  await expect(bring()).rejects.toThrow(`${from}/${version}/${name}: 404`)
})
