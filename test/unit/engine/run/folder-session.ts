import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { factsScript } from '../../../../engine/facts.ts'
import type { Fleet, Host } from '../../../../engine/inventory/types.ts'
import { madeScript } from '../../../../engine/made.ts'
import { pendingFolder } from '../../../../engine/plan/marks.ts'
import { stepLog } from '../../../../engine/plan/script.ts'
import { journalFile } from '../../../../engine/run/journal.ts'
import type { Lock, RunOptions, Session } from '../../../../engine/ssh/session.ts'

function bash(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(done => {
    execFile('bash', ['-c', text], (error, stdout, stderr) => done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }))
  })
}

export interface FolderOptions {
  /** What taking the lock says; it is free where this is absent. */
  lock?(): Lock
  /** Told of each text that is run; what it throws, ends that run. */
  ran?(text: string): void
  /** Told when the session ends. */
  closed?(): void
}

/** A session whose Pi is a folder of this machine: its scripts run in a bash here. */
export async function folderSession(folder: string, options: FolderOptions = {}): Promise<Session> {
  mkdirSync(folder, { recursive: true })
  const local = (text: string) =>
    text
      .replaceAll(stepLog, `${folder}/step.log`)
      .replaceAll(pendingFolder, `${folder}/pending`)
      .replaceAll(journalFile, `${folder}/journal`)
      .replaceAll('/var/lib/provision', folder)
  let last: Promise<unknown> = Promise.resolve()
  const session = {
    // On whatever machine the tests run.
    facts: `${(await bash(factsScript + local(madeScript))).stdout}\narchitecture=amd64\nMemTotal=1000000\n`,
    lost: undefined,
    lock: () => Promise.resolve(options.lock?.() ?? { held: true }),
    mark: (word: string) => `printf '\\n@%s\\n' ${word}`,
    close: () => {
      options.closed?.()
      return Promise.resolve()
    },
    abort: () => {},
    run(text: string, { onMark }: RunOptions = {}) {
      const ran = last
        .then(() => {
          options.ran?.(text)
          return bash(`cd ${folder}\n${local(text)}`)
        })
        .then(result => {
          for (const line of result.stdout.split('\n')) if (line.startsWith('@')) onMark?.(line.slice(1))
          return result
        })
      last = ran.catch(() => {})
      return ran
    },
  }
  return session as unknown as Session
}

/** Hosts of a test, all alike. */
export function hostsNamed(names: readonly string[], roles: readonly string[]): Host[] {
  return names.map(name => ({
    name,
    address: name,
    port: 22,
    user: 'root',
    jump: [],
    groups: [],
    roles,
    vars: {},
    at: { file: '', line: 1, column: 1 },
  }))
}

export function fleetOf(hosts: readonly Host[]): Fleet {
  return { name: 'test', file: 'test.yaml', ssh: { connectTimeout: 1, keepalive: 1 }, groups: [], hosts }
}
