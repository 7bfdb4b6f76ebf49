import { execFile } from 'node:child_process'
import { Failed } from '../errors.ts'

/** What the user's own ssh_config says of a host, as `ssh -G` prints it; paths are not expanded yet. */
export interface SshConfig {
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly identityFiles: readonly string[]
  readonly identitiesOnly: boolean
  /** A socket, `none`, or the name of an environment variable. */
  readonly identityAgent?: string
  readonly proxyJump: readonly string[]
  readonly proxyCommand?: string
  readonly hostKeyAlias?: string
  readonly userKnownHosts: readonly string[]
  readonly globalKnownHosts: readonly string[]
}

/** The error for a configuration that ssh itself refuses, or that asks for something only the ssh program can do. */
export function sshConfigError(message: string, hint?: string): Failed {
  return new Failed({ code: 'ssh-config', message, ...(hint !== undefined && { hint }) })
}

/** What is fixed before ssh_config is asked; it wins over what is there. */
export interface Stated {
  readonly address?: string | undefined
  readonly user?: string | undefined
  readonly port?: number | undefined
  /** The way is known: no ProxyJump or ProxyCommand of the user's applies. */
  readonly way?: boolean
}

/** Arguments of `ssh` that make it print its configuration for a host. */
export function sshGArguments(name: string, { address, user, port, way }: Stated): readonly string[] {
  return [
    '-G',
    ...(address === undefined ? [] : ['-o', `HostName=${address.replaceAll('%', '%%')}`]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(way ? ['-o', 'ProxyJump=none'] : []),
    '--',
    name,
  ]
}

/** Reads the output of `ssh -G`. */
export function parseSshG(output: string): SshConfig {
  const all = new Map<string, string[]>()
  for (const line of output.split('\n')) {
    const blank = line.indexOf(' ')
    if (blank < 0) continue
    const key = line.slice(0, blank)
    all.set(key, [...(all.get(key) ?? []), line.slice(blank + 1)])
  }
  const one = (key: string): string | undefined => {
    const value = all.get(key)?.[0]
    return value === undefined || value === 'none' ? undefined : value
  }
  const [agent, command, alias] = [all.get('identityagent')?.[0], one('proxycommand'), one('hostkeyalias')]
  return {
    hostname: one('hostname') ?? '',
    port: Number(one('port') ?? 22),
    user: one('user') ?? '',
    identityFiles: (all.get('identityfile') ?? []).filter(file => file !== 'none'),
    identitiesOnly: one('identitiesonly') === 'yes',
    ...(agent !== undefined && { identityAgent: agent }),
    proxyJump: one('proxyjump')?.split(',') ?? [],
    ...(command !== undefined && { proxyCommand: command }),
    ...(alias !== undefined && { hostKeyAlias: alias }),
    userKnownHosts: paths(one('userknownhostsfile')),
    globalKnownHosts: paths(one('globalknownhostsfile')),
  }
}

/**
 * Asks `ssh -G`; undefined where ssh is not installed. About 10 ms.
 * Run without execa: loading that would take longer than the whole question.
 * @throws Failed (`ssh-config`) with ssh's own words.
 */
export function askSsh(name: string, stated: Stated): Promise<SshConfig | undefined> {
  return new Promise((resolve, reject) => {
    const child = execFile('ssh', sshGArguments(name, stated), { timeout: 10_000, maxBuffer: 2 ** 20 }, (error, stdout, stderr) => {
      if (!error) resolve(parseSshG(stdout))
      else if (error.code === 'ENOENT') resolve(undefined)
      else if (error.killed)
        reject(sshConfigError(`ssh -G ${name} took more than 10 s`, 'a "Match exec" in your ssh_config may be waiting'))
      else reject(sshConfigError(`your ssh configuration is refused by ssh for ${name}: ${lastLine(stderr)}`))
    })
    child.stdin?.end()
  })
}

// ssh prints several files in a row without quotation marks: a new one begins where a path can begin.
function paths(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(/ (?=[/~%$])/)
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
