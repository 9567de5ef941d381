/** The exit codes of the process. */
export const EXIT = {
  /** All runs kept their promises. */
  green: 0,
  /** A run broke a promise or proved nothing, or a control stayed green although it must turn red. */
  violation: 1,
  /** The command line is not usable. */
  usage: 2,
  /** A campaign cannot run here: root or namespaces are not available, or a program is missing. Nothing was run. */
  cannotRun: 3,
  /** A signal ended the campaign. */
  interrupted: 130,
} as const
