import type { Metric, StoreMetrics, TokenStore } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import type { AuditStatus } from '../audit/audit.ts'
import type { AuditEntry } from '../audit/entry.ts'
import type { ReadOutcome } from '../config/follow.ts'
import { createHttpMetrics, type HttpMetrics } from './http.ts'

/** The metrics of one process. */
export interface Metrics {
  /** Counts and times the answers of a server. */
  watch(app: FastifyInstance): void
  /** Counts and times answers that `watch` does not see. */
  timer: HttpMetrics['timer']
  /** Counts an entry of the audit log, by its event. */
  counted(entry: AuditEntry): void
  /** Counts a reading of the configuration by its result; `needRestart` of its keys need a restart. */
  configurationRead(outcome: ReadOutcome, needRestart?: number): void
  collect(): Metric[]
  /** The number of audit entries since the start, by event. */
  events(): Record<string, number>
}

export function createMetrics(options: {
  store: TokenStore
  /** The counters of the store; absent when the caller did not provide them. */
  storeMetrics?: StoreMetrics | undefined
  auditStatus: () => AuditStatus
}): Metrics {
  const { store, storeMetrics, auditStatus } = options
  const http = createHttpMetrics()
  const events = new Map<string, number>()
  const reads = new Map<ReadOutcome, number>()
  let lastRead: ReadOutcome = 'unchanged'
  let keysNeedRestart = 0
  const startedSeconds = Date.now() / 1000 - process.uptime()

  return {
    watch: http.watch,
    timer: http.timer,
    counted: ({ event }) => void events.set(event, (events.get(event) ?? 0) + 1),
    configurationRead(outcome, needRestart = keysNeedRestart) {
      reads.set(outcome, (reads.get(outcome) ?? 0) + 1)
      lastRead = outcome
      keysNeedRestart = needRestart
    },
    events: () => Object.fromEntries(events),
    collect() {
      const audit = auditStatus()
      return [
        ...(storeMetrics?.collect(store.status()) ?? []),
        ...http.collect(),
        {
          name: 'holdfast_audit_entries_total',
          help: 'Audit log entries, by event.',
          type: 'counter',
          samples: [...events].map(([event, value]) => ({ labels: { event }, value })),
        },
        {
          name: 'holdfast_audit_lost_total',
          help: 'Audit log entries dropped because the buffer was full while the file could not be written.',
          type: 'counter',
          samples: [{ labels: {}, value: audit.lost }],
        },
        gauge('holdfast_audit_waiting', 'Audit log entries that are not on disk yet.', audit.waiting),
        {
          name: 'holdfast_config_reloads_total',
          help: 'Readings of the configuration since the start, by result.',
          type: 'counter',
          samples: [...reads].map(([outcome, value]) => ({ labels: { outcome }, value })),
        },
        gauge(
          'holdfast_config_last_reload_successful',
          'Whether the last reading of the configuration succeeded; if not, the previous configuration is in use.',
          lastRead === 'refused' ? 0 : 1,
        ),
        gauge(
          'holdfast_config_keys_need_restart',
          'Configuration keys that changed and need a restart.',
          keysNeedRestart,
        ),
        gauge('process_start_time_seconds', 'Start time of the process (Unix time).', startedSeconds),
        gauge('process_resident_memory_bytes', 'Resident memory of the process.', process.memoryUsage.rss()),
      ]
    },
  }
}

const gauge = (name: string, help: string, value: number): Metric => ({
  name,
  help,
  type: 'gauge',
  samples: [{ labels: {}, value }],
})
