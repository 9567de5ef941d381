/** What the process's exit code says. */
export const EXIT = {
  /** All runs were as promised. */
  green: 0,
  /** A run was not, or proved nothing; or a control stayed green where it must go red. */
  violation: 1,
  /** The command line is not usable. */
  usage: 2,
  /** No campaign can run here: no root, no namespaces, or a program is missing. Nothing was run. */
  cannotRun: 3,
  /** Ended by a signal. */
  interrupted: 130,
} as const
