import type { DataCentreDescription, StartProgress } from '@holdfast/cluster'
import type { ExitCode } from '../exit-codes.ts'

/** What the background process of `up --detach` tells the command that started it. */
export type BackgroundMessage =
  | { kind: 'begun'; name: string; note: string | null }
  | { kind: 'progress'; progress: StartProgress }
  | { kind: 'ready'; descriptions: DataCentreDescription[] }
  | { kind: 'failed'; text: string; exitCode: ExitCode }
