import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { flinkName, type Version } from '../job.ts'
import { scriptOf } from '../sql/statements.ts'
import type { Submitter } from './config.ts'
import { inPlaceOf } from './make-way.ts'
import type { Run } from './record.ts'

/** What the submitter is called with: no word of it is secret. */
export function submitWords(
  { flags, classPath, settings }: Submitter,
  name: string,
  version: Version,
  run: Run,
  scratch: string,
): readonly string[] {
  const options = {
    ...scriptOf(name, version.sql).settings,
    'pipeline.name': flinkName({ name, hash: version.hash }),
    '$internal.pipeline.job-id': run.id,
    ...(run.from !== undefined && { 'execution.state-recovery.path': run.from.startsWith('/') ? `file://${run.from}` : run.from }),
    ...(run.drops && { 'execution.state-recovery.ignore-unclaimed-state': 'true' }),
  }
  return [...flags, `-Djava.io.tmpdir=${scratch}`, '-cp', classPath, 'SubmitSql', settings, ...Object.entries(options).flat()]
}

/** Texts of a version that nobody should read in an error: everything in quotes that follows a word of a password. */
export function hidden(text: string, sql: string): string {
  const secrets = [...sql.matchAll(/'[^']*(?:password|jaas)[^']*'\s*=\s*'((?:[^']|'')*)'/gi)].map(([, secret = '']) => secret)
  const inside = secrets.flatMap(secret => [secret, ...(/password="((?:[^"\\]|\\.)*)"/.exec(secret)?.slice(1) ?? [])])
  return inside
    .filter(secret => secret.length > 0)
    .flatMap(secret => [secret, secret.replaceAll("''", "'"), secret.replace(/\\(.)/g, '$1')])
    .sort((a, b) => b.length - a.length)
    .reduce((said, secret) => said.replaceAll(secret, '***'), text)
}

/** Submits a version as a run. Resolves when the JobManager has it, or has it already. @throws Error with what the submitter said */
export async function submit(submitter: Submitter, name: string, version: Version, run: Run): Promise<void> {
  // The planner is unpacked there each time: 35 MB, which a /tmp in memory has not.
  const scratch = mkdtempSync(join(submitter.scratch, 'submit-'))
  try {
    const { code, said } = await javaWith(
      submitter,
      submitWords(submitter, name, version, run, scratch),
      scriptOf(name, version.sql).statements,
    )
    if (code === 0 || /DuplicateJobSubmissionException|Job has already been submitted/.test(said)) return
    const why = code === null ? `it was ended, after ${submitter.patience} s at most` : ''
    throw new Error([why, hidden(said, version.sql).trim()].filter(Boolean).join('\n'))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function javaWith({ java, patience, insteadOf }: Submitter, words: readonly string[], statements: readonly string[]) {
  const [program, ...rest] = insteadOf ? inPlaceOf(insteadOf, [java, ...words]) : ([java, ...words] as const)
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      said = (said + part.toString('utf8')).slice(-200_000)
    })
  const timer = setTimeout(() => child.kill('SIGKILL'), patience * 1000)
  // One that ends early reads no more; what it said tells why.
  child.stdin.on('error', () => {})
  child.stdin.end(statements.join('\0'))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => clearTimeout(timer))
  return { code, said }
}

/** The lines of a Java program's last words that tell a person something. */
export function causes(said: string): readonly string[] {
  const lines = said
    .split('\n')
    .filter(line => /^(Exception in thread|Caused by: |SQL |.*(Error|Exception): )/.test(line) && !/^\s+at /.test(line))
  const short = lines.map(line => line.replace(/^(Exception in thread "main" |Caused by: )/, '').replace(/^(?:[\w$]+\.)+([\w$]+)/, '$1'))
  return [...new Set(short)].slice(-3).map(line => line.slice(0, 300))
}
