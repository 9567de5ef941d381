import type { Metric, StoreMetrics, TokenStore } from '@holdfast/tokens'
import type { FastifyBaseLogger } from 'fastify'
import { type AuditLog, auditMethods, fileOfProcess, openAudit } from '../audit/audit.ts'
import { type LogStream, loggableError } from '../base/log.ts'
import { rateLimitedLog } from '../base/throttles.ts'
import type { GatewayConfig } from '../config/schema.ts'
import { createMetrics, type Metrics } from '../metrics/metrics.ts'

/** The parts that the caller of a gateway provides. */
export interface RecordsOptions {
  /** Counts what the store does. */
  storeMetrics?: StoreMetrics
  /** The number of this process among several, from 1. */
  processNumber?: number
  /** Shares the metrics of this process with the others, and returns the function that collects those of all. */
  shareMetrics?: (own: () => Metric[]) => CollectAll
}

type CollectAll = () => Promise<readonly Metric[]>

/** The audit log and the metrics of one gateway process. Throws `FILE_UNUSABLE`. */
export async function openRecords(
  config: GatewayConfig,
  store: TokenStore,
  log: FastifyBaseLogger,
  stream: LogStream,
  options: RecordsOptions,
): Promise<{ audit: AuditLog; metrics: Metrics; collectAll: CollectAll }> {
  const { storeMetrics, processNumber = null } = options
  const fileOf = (file: string | undefined) =>
    file === undefined ? undefined : fileOfProcess(file, processNumber)
  const logWriteError = rateLimitedLog()
  const written = await openAudit({
    base: { server: config.name, dataCentre: config.dataCentre },
    file: fileOf(config.audit.file),
    stream,
    onError: (error) =>
      logWriteError((heldBack) =>
        log.error(
          { event: 'audit-trouble', err: loggableError(error), code: codeOf(error), heldBack },
          'The audit log cannot be written; its entries wait in memory',
        ),
      ),
  })
  const metrics = createMetrics({ store, storeMetrics, auditStatus: written.status })
  const collectAll = options.shareMetrics?.(metrics.collect) ?? (async () => metrics.collect())
  const audit = { ...counted(written, metrics), prepare: (file?: string) => written.prepare(fileOf(file)) }
  return { audit, metrics, collectAll }
}

function counted(audit: AuditLog, metrics: Metrics): AuditLog {
  const methods = auditMethods((entry) => {
    metrics.counted(entry)
    audit.record(entry)
  })
  return { ...audit, ...methods }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown'
