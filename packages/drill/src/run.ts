import type { UndoJournalFile } from '@holdfast/operations/undo/undo-journal'
import type { AcknowledgedSessions } from './acknowledged-sessions.ts'
import type { FaultTools } from './faults/plan.ts'
import type { LoadMetrics } from './load-metrics.ts'
import type { DrillSettings } from './options.ts'
import type { PrimaryWatch } from './primary-watch.ts'
import type { ProgressReporter } from './progress.ts'
import type { PlainLoad } from './redis/plain-load.ts'
import type { DrillTarget } from './target.ts'
import type { UserClient } from './users.ts'

/** What the parts of one drill share. */
export interface Run {
  target: DrillTarget
  tools: FaultTools
  undoJournal: UndoJournalFile
  settings: DrillSettings
  signal: AbortSignal
  client: UserClient
  watch: PrimaryWatch
  sessions: AcknowledgedSessions
  metrics: LoadMetrics
  progress: ProgressReporter
  /** The drill's users, and the password that they share. */
  names: readonly string[]
  password: string
  /** Plain Redis clients; null before the load, and if there are none. */
  redis: PlainLoad | null
}
