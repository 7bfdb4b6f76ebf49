import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Which release, and where releases are. */
export interface Release {
  readonly version: string
  /** Default: HashiCorp's own server. */
  readonly from?: string
}

/**
 * Brings a release of Terraform for this machine to `to`, whole or not at all, if it is what its published sums say.
 * @throws Error where it is not to be had, or is another
 */
export async function bringTerraform(to: string, { version, from = 'https://releases.hashicorp.com/terraform' }: Release): Promise<void> {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string]
  if (process.platform !== 'linux' || arch === undefined) throw new Error('install terraform: https://developer.hashicorp.com/terraform')
  const name = `terraform_${version}_linux_${arch}.zip`
  const get = async (file: string): Promise<Buffer> => {
    const url = `${from}/${version}/${file}`
    const answer = await fetch(url)
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
    return Buffer.from(await answer.arrayBuffer())
  }
  const sums = (await get(`terraform_${version}_SHA256SUMS`)).toString().split('\n')
  const content = await get(name)
  const sum = createHash('sha256').update(content).digest('hex')
  if (!sums.includes(`${sum}  ${name}`)) throw new Error(`${name} is not what its sums say`)
  const folder = path.dirname(to)
  mkdirSync(folder, { recursive: true })
  const half = mkdtempSync(path.join(folder, 'half-'))
  try {
    writeFileSync(path.join(half, name), content)
    execFileSync('python3', ['-m', 'zipfile', '-e', path.join(half, name), half], { stdio: 'inherit' })
    execFileSync('chmod', ['0755', path.join(half, 'terraform')])
    renameSync(path.join(half, 'terraform'), to)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
}
