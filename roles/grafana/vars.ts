import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

const tarball = z.strictObject({
  source: z.string().min(1).describe('path or http(s) address of the release for Linux on that architecture, a .tar.gz'),
  sha512: z
    .string()
    .regex(/^[0-9a-fA-F]{128}$/, '128 hex digits')
    .describe('128 hex digits of that file, which `sha512sum` prints'),
})

export const grafanaVars = z.strictObject({
  listen: listenVar,
  port: z.number().int().min(1).max(65535).default(3000).describe('its page'),
  memory: z.number().int().min(192).max(65536).default(384).describe('MiB it may hold, at most'),
  tarballs: z
    .strictObject({
      arm64: tarball.optional().describe('for a 64-bit Raspberry Pi OS'),
      armhf: tarball.optional().describe('for a 32-bit one (its release for armv7)'),
      amd64: tarball.optional().describe('for a PC'),
    })
    .default({})
    .describe('Grafana’s own releases, by architecture; Debian has no package of it'),
})

export type GrafanaVars = z.output<typeof grafanaVars>
