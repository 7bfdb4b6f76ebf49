import { DashboardBuilder, DatasourceVariableBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries'
import type { Offered } from '../engine/offer.ts'
import { boardsOf, type Board } from './boards.ts'
import type { Metrics, Panel } from './offers.ts'

/** A dashboard for Grafana, as a file it takes. */
export interface DashboardFile {
  readonly name: string
  readonly json: string
}

// Grafana's grid has 24 columns.
const width = 12
const height = 8

/**
 * A dashboard for each board of what roles offer: JSON of Grafana's schema v1, the same text for the same fleet. Whoever imports one is
 * asked for the Prometheus that it reads.
 */
export function dashboardsOf(fleet: string, offers: readonly Offered<Metrics>[]): readonly DashboardFile[] {
  return boardsOf(offers).map(board => ({
    name: `${fleet}-${board.id}.json`,
    json: `${JSON.stringify(dashboard(fleet, board), undefined, 2)}\n`,
  }))
}

function dashboard(fleet: string, { id, title, panels }: Board) {
  const builder = new DashboardBuilder(`${title} (${fleet})`)
    .uid(`${fleet}-${id}`.slice(0, 40))
    .tags(['temperature-fleet', fleet])
    .refresh('1m')
    .time({ from: 'now-24h', to: 'now' })
    .timezone('browser')
    .withVariable(new DatasourceVariableBuilder('source').label('Prometheus').type('prometheus'))
    .withRow(new RowBuilder(title))
  for (const panel of panels) builder.withPanel(picture(panel))
  return builder.build()
}

function picture({ title, unit, curves }: Panel): PanelBuilder {
  const builder = new PanelBuilder().title(title).datasource({ type: 'prometheus', uid: '${source}' }).span(width).height(height)
  if (unit !== undefined) builder.unit(unit)
  for (const [index, { expr, legend }] of curves.entries())
    builder.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + index))
        .expr(expr)
        .legendFormat(legend),
    )
  return builder
}
