import { spawnSync } from 'node:child_process'

export const isRoot = process.getuid?.() === 0

/** What a piece of shell text does under a real bash of this machine; dpkg's database may be another one than this machine's. */
export function bash(text: string, input = ''): { readonly code: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', text], {
    input,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH ?? '',
      LC_ALL: 'C.UTF-8',
      ...(process.env.DPKG_ADMINDIR !== undefined && { DPKG_ADMINDIR: process.env.DPKG_ADMINDIR }),
    },
    maxBuffer: 1 << 26,
  })
  return { code: status, stdout, stderr }
}
