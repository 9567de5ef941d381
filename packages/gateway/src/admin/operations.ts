import type { Metric } from '@holdfast/tokens'
import type { AdminConfig } from '../config/admin.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Services } from '../routes/services.ts'

/** What the admin API works with. */
export interface Operations {
  services: Services
  metrics: Metrics
  /** The metrics of all processes of this gateway. */
  collectAll: () => Promise<readonly Metric[]>
  /** Who may ask, now. */
  administrators: () => AdminConfig['administrators']
  /** The data centre as `@holdfast/cluster` sees it; whoever runs the gateway passes it in. */
  clusterView?: (() => Promise<unknown>) | undefined
}
