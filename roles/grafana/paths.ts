/** Where Grafana and its settings are. */
export const home = '/opt/grafana'
export const state = '/var/lib/grafana'
export const settings = '/etc/grafana'
export const iniPath = `${settings}/grafana.ini`
export const passwordPath = `${settings}/admin-password`
export const keyPath = `${settings}/secret-key`
export const provisioning = `${settings}/provisioning`
export const boards = `${settings}/dashboards`
/** The names of the data sources that were provisioned, a line each, for who asks whether each answers. */
export const sourcesPath = `${settings}/sources`
export const unitPath = '/etc/systemd/system/grafana.service'

/** Its program with what every call of it is told. */
export const program = (word: 'server' | 'cli', config: string): string =>
  `${home}/bin/grafana ${word} --homepath ${home} --config ${config}`
