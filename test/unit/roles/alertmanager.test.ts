import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { alertmanagerConfig, webConfig } from '../../../roles/alertmanager/config.ts'
import { readAlertmanager } from '../../../roles/alertmanager/status.ts'
import { alertmanagerVars } from '../../../roles/alertmanager/vars.ts'

interface Config {
  readonly global?: Readonly<Record<string, unknown>>
  readonly route: { readonly routes: readonly { readonly receiver: string }[] }
  readonly receivers: readonly { readonly name: string; readonly webhook_configs?: readonly { readonly url: string }[] }[]
}

const config = (vars: object, given: Readonly<Record<string, string>> = {}) =>
  parse(alertmanagerConfig(alertmanagerVars.parse(vars), (name, make) => given[name] ?? make?.() ?? 'made')) as Config
const email = { to: ['me@example.org'], from: 'pi@example.org', server: 'smtp.example.org:587', user: 'pi' }

test('what only a person can give is asked for by its name, and never made', () => {
  expect(() => config({ email })).toThrow('the secret alertmanager/email is not the password of pi at smtp.example.org:587')
  expect(() => config({ webhooks: { house: {} } })).toThrow('the secret alertmanager/webhook/house is not a web address')
  expect(() => config({ heartbeat: {} }, { 'alertmanager/heartbeat': '(made when it is needed)' })).toThrow('not a web address')
})

test('passwords and addresses come from the secrets', () => {
  const given = { 'alertmanager/email': 'of-mine', 'alertmanager/webhook/phone': 'https://ntfy.sh/topic\n' }
  const made = config({ email, webhooks: { phone: { kind: 'ntfy' } } }, given)
  expect(made.global).toMatchObject({ smtp_auth_password: 'of-mine', smtp_require_tls: true })
  const url = new URL(made.receivers[0]?.webhook_configs?.[0]?.url ?? '')
  expect([url.host, url.pathname, url.searchParams.get('tpl')]).toEqual(['ntfy.sh', '/topic', '1'])
})

test('the watchdog goes to the service outside, or to nobody: never to people', () => {
  const watchdog = (vars: object) => config(vars).route.routes[0]?.receiver
  expect(watchdog({})).toBe('nobody')
  expect(watchdog({ heartbeat: { url: 'https://hc-ping.com/1' } })).toBe('heartbeat')
})

test('the same password makes the same file, and is not in it', () => {
  expect(webConfig('a-password')).toBe(webConfig('a-password'))
  expect(webConfig('a-password')).not.toContain('a-password')
  expect(webConfig('a-password')).not.toBe(webConfig('another'))
})

const alert = (alertname: string, severity = 'warning', silencedBy: readonly string[] = []) => ({
  labels: { alertname, severity },
  annotations: { summary: `${alertname}.` },
  status: { state: 'active', silencedBy },
})

test('status counts what is open, and says what it raised itself', () => {
  const answer = JSON.stringify([alert('Watchdog', 'none'), alert('Hot', 'warning', ['1']), alert('PrometheusSilent', 'critical')])
  expect(readAlertmanager(answer, true)).toEqual({ says: ['2 open alerts, 1 of them silenced', 'alert: PrometheusSilent.'], warns: [] })
  expect(readAlertmanager('[]', false).warns).toHaveLength(1)
  expect(readAlertmanager('', true).wrong).toEqual(['it runs and does not answer'])
})
