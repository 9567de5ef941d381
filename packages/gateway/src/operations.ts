import type { Metric, StoreMetrics, TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { listenForAdministrators } from './admin/listen.ts'
import type { Operations } from './admin/operations.ts'
import { createAdminServer } from './admin/server.ts'
import { type AuditLog, fileOfProcess, openAudit } from './audit/audit.ts'
import type { GatewayConfig } from './config/schema.ts'
import { createOccasional, type LogStream, loggableError } from './http/log.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import type { KnownRoute } from './openapi/document.ts'
import type { Services } from './routes/services.ts'

/** What whoever runs a gateway knows of it, and the gateway itself does not. */
export interface OperationsOptions {
  /** Counts what the store does. */
  storeMetrics?: StoreMetrics
  /** Its number among several processes, from 1. */
  processNumber?: number
  /** Shares the metrics of this process with the others, and answers how those of all are collected. */
  shareMetrics?: (own: () => Metric[]) => CollectAll
  /** The data centre as it is seen from outside of the gateway, for the admin API. */
  clusterView?: () => Promise<unknown>
}

type CollectAll = () => Promise<readonly Metric[]>

/** The audit log and the metrics of one gateway process. Throws `FILE_UNUSABLE`. */
export async function openRecords(
  config: GatewayConfig,
  store: TokenStore,
  log: FastifyBaseLogger,
  stream: LogStream,
  options: OperationsOptions,
): Promise<{ audit: AuditLog; metrics: Metrics; collectAll: CollectAll }> {
  const { storeMetrics, processNumber = null } = options
  const fileOf = (file: string | undefined) =>
    file === undefined ? undefined : fileOfProcess(file, processNumber)
  const trouble = createOccasional()
  const written = await openAudit({
    base: { server: config.name, dataCentre: config.dataCentre },
    file: fileOf(config.audit.file),
    stream,
    onTrouble: (error) =>
      trouble((heldBack) =>
        log.error(
          { event: 'audit-trouble', err: loggableError(error), code: codeOf(error), heldBack },
          'The audit log cannot be written: its entries wait in memory',
        ),
      ),
  })
  const metrics = createMetrics({ store, storeMetrics, auditStatus: written.status })
  const collectAll = options.shareMetrics?.(metrics.collect) ?? (async () => metrics.collect())
  const audit = { ...counted(written, metrics), prepare: (file?: string) => written.prepare(fileOf(file)) }
  return { audit, metrics, collectAll }
}

/** The admin listener of a gateway, or null when its configuration has none. */
export async function openAdmin(
  config: GatewayConfig,
  services: Services,
  records: Pick<Operations, 'metrics' | 'collectAll' | 'administrators'>,
  stream: LogStream,
  options: OperationsOptions,
): Promise<{ app: FastifyInstance; routes: readonly KnownRoute[]; listen(): Promise<string> } | null> {
  const { admin } = config
  if (admin === undefined) return null
  const { clusterView } = options
  const { app, routes } = await createAdminServer(config, { services, ...records, clusterView }, stream)
  // Several processes share the socket of the one that started them, which has seen to it.
  const removeStale = options.processNumber === undefined
  return { app, routes, listen: () => listenForAdministrators(app, admin.listen, { removeStale }) }
}

function counted(audit: AuditLog, metrics: Metrics): AuditLog {
  const record: AuditLog['record'] = (entry) => {
    metrics.counted(entry)
    audit.record(entry)
  }
  return {
    ...audit,
    record,
    loggedIn: (entry) => record({ event: 'login', ...entry }),
    loginRefused: (entry) => record({ event: 'login-refused', ...entry }),
    loggedOut: (entry) => record({ event: 'logout', ...entry }),
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown'
