import * as z from 'zod'
import { listenVar } from '../../engine/listen.ts'

const name = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'small letters, digits and -')
const address = z.url({ protocol: /^https?$/ })

/** A receiver that is told over HTTP. */
const webhook = z.strictObject({
  kind: z
    .enum(['webhook', 'ntfy', 'homeassistant'])
    .default('webhook')
    .describe(
      '`webhook` gets Alertmanager’s JSON; `ntfy` a title and a text for its app; `homeassistant` the JSON, by a webhook of an automation',
    ),
  url: address.optional().describe('where; absent: the secret `alertmanager/webhook/NAME`, for who knows the address may use it'),
})

export const alertmanagerVars = z.strictObject({
  listen: listenVar,
  port: z.number().int().min(1).max(65535).default(9093).describe('its page, and its API; both ask for a password'),
  memory: z.number().int().min(48).max(4096).default(64).describe('MiB it may hold, at most'),
  email: z
    .strictObject({
      to: z.array(z.email()).min(1).describe('who gets mail'),
      from: z.email().describe('whom it is from'),
      server: z
        .string()
        .regex(/^.+:\d+$/, 'HOST:PORT')
        .describe('the mail server that takes it, `smtp.example.org:587`'),
      user: z
        .string()
        .optional()
        .describe('whom the server knows it by, with the password in the secret `alertmanager/email`; absent: no login'),
      tls: z.boolean().default(true).describe('mail goes out encrypted, or not at all'),
    })
    .optional()
    .describe('alerts by mail'),
  webhooks: z.record(name, webhook).default({}).describe('alerts over HTTP, by a name for each receiver'),
  heartbeat: z
    .strictObject({
      every: z.number().int().min(5).max(86_400).default(300).describe('seconds between two beats'),
      url: address.optional().describe('where; absent: the secret `alertmanager/heartbeat`'),
    })
    .optional()
    .describe('a service outside, such as healthchecks.io, that is told while alerts can come, and says so when it hears nothing'),
  wait: z
    .number()
    .int()
    .min(0)
    .max(3600)
    .default(30)
    .describe('seconds that alerts of one kind are collected before they are told together'),
  again: z.number().int().min(1).max(10_080).default(240).describe('minutes after which an alert that is still open is told again'),
  patience: z
    .number()
    .int()
    .min(10)
    .max(3600)
    .default(120)
    .describe('seconds that this host waits for a silent Prometheus before it raises `PrometheusSilent` itself'),
})

export type AlertmanagerVars = z.output<typeof alertmanagerVars>
