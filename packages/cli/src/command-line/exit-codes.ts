/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  warnings: 4,
  notExamined: 5,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** What each code means, in the words of every help text. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'OK',
  [EXIT.failed]: 'failed or unhealthy',
  [EXIT.usage]: 'wrong usage',
  [EXIT.notRunning]: 'not running',
  [EXIT.warnings]: 'warnings only',
  [EXIT.notExamined]: 'not fully examined',
  [EXIT.interrupted]: 'interrupted',
}

/** The codes in the help of every command. Its spec adds others. */
export const COMMON_EXITS: readonly ExitCode[] = [EXIT.ok, EXIT.failed, EXIT.usage]

/** The exit code of an expected error, by its stable code. Any other error is `failed`. */
export const EXIT_OF_ERROR: Readonly<Record<string, ExitCode>> = {
  INVALID_OPTION: EXIT.usage,
  SITE_UNREADABLE: EXIT.usage,
  CERTIFICATE_REFUSED: EXIT.usage,
  NO_SUCH_DATA_CENTRE: EXIT.usage,
  NOT_RUNNING: EXIT.notRunning,
  INTERRUPTED: EXIT.interrupted,
  START_ABORTED: EXIT.interrupted,
  DRILL_ABORTED: EXIT.interrupted,
  SWITCHOVER_ABORTED: EXIT.interrupted,
  UPGRADE_ABORTED: EXIT.interrupted,
  BACKUP_ABORTED: EXIT.interrupted,
  RESTORE_ABORTED: EXIT.interrupted,
  REVOKE_ABORTED: EXIT.interrupted,
  ROTATION_ABORTED: EXIT.interrupted,
  DOCTOR_ABORTED: EXIT.interrupted,
}
