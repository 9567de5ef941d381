import type { FaultTools } from './faults/plan.ts'
import type { Ledger } from './ledger.ts'
import type { DrillSettings } from './options.ts'
import type { PrimaryWatch } from './primary-watch.ts'
import type { ProgressReporter } from './progress.ts'
import type { Tally } from './tally.ts'
import type { DrillTarget } from './target.ts'
import type { RemainsFile } from './undo/remains.ts'
import type { UserClient } from './users.ts'

/** What the parts of one drill share. */
export interface Run {
  target: DrillTarget
  tools: FaultTools
  remains: RemainsFile
  settings: DrillSettings
  signal: AbortSignal
  client: UserClient
  watch: PrimaryWatch
  ledger: Ledger
  tally: Tally
  progress: ProgressReporter
  /** The drill's users, and the password that they share. */
  names: readonly string[]
  password: string
}
