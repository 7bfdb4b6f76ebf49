import { createHmac } from 'node:crypto'
import { encodeBase64, hashSync } from 'bcryptjs'
import { stringify } from 'yaml'
import { Failed } from '../../engine/errors.ts'
import type { AlertmanagerVars } from './vars.ts'

/** Whom Alertmanager lets in; the password is the secret. */
export const login = { user: 'fleet', secret: 'alertmanager/api' } as const

/** A secret by name; `make` says what it is made of where nobody gave one. */
export type SecretOf = (name: string, make?: () => string) => string

/**
 * Who is told of what, for Alertmanager. It holds what is secret, so it is a secret as a whole.
 * @throws Failed where a secret that only a person can give is not there
 */
export function alertmanagerConfig(vars: AlertmanagerVars, secret: SecretOf): string {
  const { email, webhooks, heartbeat, wait, again } = vars
  const beat = heartbeat && { every: heartbeat.every, url: heartbeat.url ?? addressOf('alertmanager/heartbeat', secret) }
  return stringify(
    {
      ...(email && { global: mailServer(email, secret) }),
      route: {
        receiver: 'people',
        // What happens to many Pis at once, such as a power cut, is one message.
        group_by: ['alertname'],
        group_wait: `${wait}s`,
        // Also how long it takes until somebody hears that it is over.
        group_interval: `${Math.max(10, 2 * wait)}s`,
        repeat_interval: `${again}m`,
        routes: [
          {
            matchers: ['alertname="Watchdog"'],
            receiver: beat ? 'heartbeat' : 'nobody',
            group_wait: '0s',
            ...(beat && { group_interval: `${beat.every}s`, repeat_interval: `${Math.max(1, Math.floor(beat.every * 0.8))}s` }),
          },
          { matchers: ['severity="none"'], receiver: 'nobody' },
        ],
      },
      // A Pi that does not answer has no figures: that it is away says it all.
      inhibit_rules: [
        { source_matchers: ['alertname="NodeAway"'], target_matchers: ['alertname=~".+Away"', 'alertname!="NodeAway"'], equal: ['host'] },
      ],
      receivers: [
        {
          name: 'people',
          ...(email && { email_configs: email.to.map(mail) }),
          ...(Object.keys(webhooks).length > 0 && {
            webhook_configs: Object.entries(webhooks).map(([name, { kind, url }]) => ({
              url: presets[kind](url ?? addressOf(`alertmanager/webhook/${name}`, secret)),
              send_resolved: true,
            })),
          }),
        },
        { name: 'nobody' },
        // That Prometheus is gone is told by no more beats, not by a last one.
        ...(beat ? [{ name: 'heartbeat', webhook_configs: [{ url: beat.url, send_resolved: false }] }] : []),
      ],
    },
    { lineWidth: 0 },
  )
}

/** Whom it lets in, for its option `--web.config.file`. The same text for the same password. */
export function webConfig(password: string): string {
  const salt = createHmac('sha256', password).update('alertmanager').digest().subarray(0, 16)
  // The least work: nobody guesses 28 letters, and each request of a Pi costs it.
  return stringify({ basic_auth_users: { [login.user]: hashSync(password, `$2b$04$${encodeBase64([...salt], 16)}`) } })
}

function mailServer({ server, from, user, tls }: NonNullable<AlertmanagerVars['email']>, secret: SecretOf) {
  return {
    smtp_smarthost: server,
    smtp_from: from,
    smtp_require_tls: tls,
    ...(user !== undefined && {
      smtp_auth_username: user,
      smtp_auth_password: secret('alertmanager/email', () => {
        throw notGiven('alertmanager/email', `the password of ${user} at ${server}`)
      }),
    }),
  }
}

const mail = (to: string) => ({
  to,
  send_resolved: true,
  headers: { Subject: '{{ .Status }}: {{ .CommonLabels.alertname }} ({{ len .Alerts }})' },
  html: '',
  text: '{{ range .Alerts }}{{ .Status }}: {{ .Annotations.summary }} Since {{ .StartsAt.Format "2006-01-02 15:04 MST" }}.\n{{ end }}',
})

/** What the address of a receiver becomes. */
const presets: Readonly<Record<AlertmanagerVars['webhooks'][string]['kind'], (url: string) => string>> = {
  webhook: url => url,
  homeassistant: url => url,
  // It makes a message of the JSON itself, by templates in the address (since 2.10).
  ntfy(url) {
    const full = new URL(url)
    full.searchParams.set('tpl', '1')
    full.searchParams.set('t', '{{.status}}: {{.commonLabels.alertname}}')
    full.searchParams.set('m', '{{range .alerts}}{{.status}}: {{.annotations.summary}}\n{{end}}')
    return full.href
  },
}

/** @throws Failed where it is no address */
function addressOf(name: string, secret: SecretOf): string {
  const text = secret(name, () => {
    throw notGiven(name, 'a web address')
  }).trim()
  if (/^https?:/.test(text) && URL.canParse(text)) return text
  throw notGiven(name, 'a web address')
}

const notGiven = (name: string, what: string) =>
  new Failed({ message: `the secret ${name} is not ${what}`, hint: `give it: secret set ${name}`, role: 'alertmanager' })
