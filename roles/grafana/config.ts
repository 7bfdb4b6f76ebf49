import { stringify } from 'yaml'
import type { Listen } from '../../engine/listen.ts'
import { boards, keyPath, passwordPath, provisioning, state } from './paths.ts'
import type { Source } from './sources.ts'
import type { GrafanaVars } from './vars.ts'

/** A text as a provisioning file of Grafana means it: a `$` there begins the name of a variable, unless it is doubled. */
export const literal = (text: string): string => text.replaceAll('$', '$$$$')

/**
 * Its settings. Secrets are files that it reads by itself, so nothing in a secret is expanded. A host that is known by name gives its
 * address when the unit starts.
 */
export function grafanaIni(listen: Listen, { port }: Pick<GrafanaVars, 'port'>): string {
  return `# Written by provision.
[paths]
data = ${state}
plugins = ${state}/plugins
logs = /var/log/grafana
provisioning = ${provisioning}

[server]
protocol = http
${'address' in listen ? `http_addr = ${listen.address}\n` : ''}http_port = ${port}

[security]
admin_user = admin
admin_password = $__file{${passwordPath}}
secret_key = $__file{${keyPath}}
disable_gravatar = true

[users]
allow_sign_up = false

[auth.anonymous]
enabled = false

[analytics]
reporting_enabled = false
check_for_updates = false
check_for_plugin_updates = false

[news]
news_feed_enabled = false

[plugins]
preinstall_disabled = true

[snapshots]
external_enabled = false

[log]
mode = console
level = warn
`
}

/** The data sources, all that there are: others of this file that were there before go. */
export function sourcesYaml(sources: readonly Source[]): string {
  return stringify({
    apiVersion: 1,
    prune: true,
    datasources: sources.map(({ uid, name, url }, index) => ({
      name: literal(name),
      uid: literal(uid),
      type: 'prometheus',
      access: 'proxy',
      url: literal(url),
      isDefault: index === 0,
      editable: false,
      jsonData: { httpMethod: 'POST' },
    })),
  })
}

/** Where it finds dashboards: a folder of its own for the fleet, which nobody changes but a file. */
export function boardsYaml(fleet: string): string {
  return stringify({
    apiVersion: 1,
    providers: [
      {
        name: literal(fleet),
        folder: literal(fleet),
        folderUid: literal(`fleet-${fleet}`.slice(0, 40)),
        type: 'file',
        disableDeletion: false,
        allowUiUpdates: false,
        updateIntervalSeconds: 30,
        options: { path: boards },
      },
    ],
  })
}
