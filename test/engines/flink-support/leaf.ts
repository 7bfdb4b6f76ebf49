import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issue, makeAuthority } from '../../../engine/ca/x509.ts'

/** A key with its certificate, in one file as on a Pi, and the certificate of a CA of its own that signed it. */
export async function leafOf(): Promise<{ readonly own: string; readonly ca: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'leaf-'))
  try {
    const file = join(folder, 'key')
    execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file])
    const request = execFileSync('openssl', ['req', '-new', '-key', file, '-subj', '/CN=request'], { encoding: 'utf8' })
    const authority = await makeAuthority('test')
    const certificate = await issue(authority, request, { subject: 'flink:pi', names: ['127.0.0.1', 'pi'], days: 30 })
    return { own: readFileSync(file, 'utf8') + certificate, ca: authority.certificate }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
