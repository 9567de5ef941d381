/** What the `holdfast` command says to its caller when it ends. */
export const EXIT = {
  ok: 0,
  /** It did not work, or a drill, the status or the doctor found something wrong. */
  failed: 1,
  /** The command line was wrong; nothing was done. */
  usage: 2,
  /** No data centre runs with this state folder. */
  notRunning: 3,
  /** The doctor found nothing wrong, and something that may become so. */
  warnings: 4,
  /** The doctor found nothing wrong where it could look, and could not look everywhere. */
  notExamined: 5,
  /** Broken off with Ctrl-C. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
