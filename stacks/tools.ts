import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { bringTerraform } from './terraform-release.ts'

/** What a real deploy against a mock needs beside the packages. */
export interface StackTools {
  /** Environment in which `terraform` and the bindings' command find each other and a provider. */
  readonly env: Readonly<Record<string, string>>
  /** A Python that has moto. */
  readonly python: string
}

const here = fileURLToPath(new URL('.', import.meta.url))
const versions = { terraform: '1.11.4', moto: '5.2.5' } as const
const folder = path.join(here, '.cache', `tools-${createHash('sha256').update(JSON.stringify(versions)).digest('hex').slice(0, 12)}`)
const downloaded = path.join(folder, 'bin', 'terraform')
const mirror = path.join(folder, 'mirror')
const environment = path.join(folder, 'python')

const works = (program: string, ...words: string[]): boolean => spawnSync(program, words, { stdio: 'ignore' }).status === 0
const terraformOf = (): string | undefined => ['terraform', downloaded].find(program => works(program, 'version'))
const pythonOf = (): string | undefined =>
  [process.env['MOTO_PYTHON'], path.join(environment, 'bin', 'python')].find(
    python => python !== undefined && works(python, '-c', 'import moto.iot, flask'),
  )

/** Settings of Terraform with the provider that was brought; a person's own settings count where none was. */
function settings(): Record<string, string> {
  if (!existsSync(mirror)) return {}
  const file = path.join(folder, 'terraformrc')
  writeFileSync(
    file,
    `disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror)}\n  }\n}\n`,
  )
  return { TF_CLI_CONFIG_FILE: file }
}

/** The version of the provider that the bindings were made from. @throws Error where they do not say it */
function pinned(): string {
  const text = readFileSync(path.join(here, 'node_modules/@cdktf/provider-aws/lib/provider/index.js'), 'utf8')
  const [, version] = /providerVersion: ['"]([\d.]+)['"]/.exec(text) ?? []
  if (version === undefined) throw new Error('the bindings do not say which provider they were made from')
  return version
}

/** Which version of the provider can be had here: the one that is asked for, else the bindings' own, else the nearest before it. */
function constraint(terraform: string, env: Readonly<Record<string, string>>): string | undefined {
  const wanted = process.env['TF_AWS_PROVIDER_VERSION']
  return (wanted ? [wanted] : [pinned(), '~> 6.0', '~> 5.100']).find(version => {
    const place = mkdtempSync(path.join(tmpdir(), 'provider-'))
    try {
      writeFileSync(path.join(place, 'main.tf.json'), required(version))
      const { status } = spawnSync(terraform, [`-chdir=${place}`, 'init', '-input=false', '-backend=false'], {
        stdio: 'ignore',
        timeout: 60_000,
        env: { ...process.env, CHECKPOINT_DISABLE: '1', ...env },
      })
      return status === 0
    } finally {
      rmSync(place, { recursive: true, force: true })
    }
  })
}

const required = (version: string): string =>
  JSON.stringify({ terraform: { required_providers: { aws: { source: 'hashicorp/aws', version } } } })

/** What is there, or what is missing of it, in words. */
export function stackTools(): StackTools | string {
  const terraform = terraformOf()
  if (terraform === undefined) return 'terraform is missing'
  const python = pythonOf()
  if (python === undefined) return 'moto is missing'
  const env = settings()
  const version = constraint(terraform, env)
  if (version === undefined) return 'no AWS provider can be had: TF_CLI_CONFIG_FILE may name a mirror of it'
  return { python, env: { CHECKPOINT_DISABLE: '1', TERRAFORM_BINARY_NAME: terraform, TF_AWS_PROVIDER_VERSION: version, ...env } }
}

/** Brings what is missing, into a folder that is named by the versions: a second call finds it. @throws Error where it is not to be had */
export async function bring(say: (text: string) => void): Promise<void> {
  mkdirSync(folder, { recursive: true })
  if (terraformOf() === undefined) {
    say(`terraform ${versions.terraform}`)
    await bringTerraform(downloaded, { version: versions.terraform })
  }
  if (pythonOf() === undefined) {
    say(`moto ${versions.moto}`)
    execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' })
    const pip = path.join(environment, 'bin', 'pip')
    execFileSync(pip, ['install', '--quiet', `moto[server,iot]==${versions.moto}`], { stdio: 'inherit' })
  }
  const terraform = terraformOf() ?? ''
  if (constraint(terraform, settings()) !== undefined) return
  say(`the AWS provider ${pinned()}`)
  const place = mkdtempSync(path.join(tmpdir(), 'provider-'))
  const half = `${mirror}.half`
  try {
    writeFileSync(path.join(place, 'main.tf.json'), required(pinned()))
    // Terraform checks the signature of what it gets.
    execFileSync(terraform, [`-chdir=${place}`, 'providers', 'mirror', half], { stdio: 'inherit' })
    rmSync(mirror, { recursive: true, force: true })
    renameSync(half, mirror)
  } finally {
    for (const each of [place, half]) rmSync(each, { recursive: true, force: true })
  }
}
