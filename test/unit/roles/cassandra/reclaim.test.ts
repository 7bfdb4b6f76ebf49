import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { cassandraYaml } from '../../../../roles/cassandra/config/yaml.ts'
import { cassandraMemory } from '../../../../roles/cassandra/memory.ts'
import { reclaim } from '../../../../roles/cassandra/reclaim.ts'
import { cassandraVars } from '../../../../roles/cassandra/vars.ts'
import { bash } from '../../engine/bash.ts'

describe('the way back in', () => {
  const vars = cassandraVars.parse({})
  const normal = cassandraYaml('10.0.0.1', cassandraMemory({ memory: 2 ** 30, cores: 4 }, vars), vars)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reclaim-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** What the server's settings are after the hook of a start. */
  function started() {
    mkdirSync(join(folder, 'cassandra'), { recursive: true })
    writeFileSync(join(folder, 'cassandra/cassandra.yaml'), normal)
    const script = join(folder, 'reclaim')
    writeFileSync(
      script,
      reclaim.replaceAll('/run/', `${folder}/`).replace('setpriv --reuid cassandra --regid cassandra --clear-groups ', ''),
    )
    expect(bash(`bash ${script} --open-once`)).toMatchObject({ code: 0, stderr: '' })
    return readFileSync(join(folder, 'cassandra/cassandra.yaml'), 'utf8')
  }

  it('does not follow as root what the server’s user may have laid where its settings are', () => {
    expect(reclaim).toMatch(/^ {2}setpriv --reuid cassandra .* sed -i /m)
    expect(reclaim).not.toMatch(/^ *sed /m)
  })

  it('opens one start of the server, on the loopback interface alone, and no other', () => {
    mkdirSync(join(folder, 'cassandra-reclaim'))
    writeFileSync(join(folder, 'cassandra-reclaim/once'), '')
    const open = parse(started()) as Record<string, unknown>
    expect(open).toEqual({
      ...(parse(normal) as object),
      authenticator: 'AllowAllAuthenticator',
      authorizer: 'AllowAllAuthorizer',
      rpc_address: '127.0.0.1',
    })
    expect(started()).toBe(normal)
  })
})
