import { resolve } from 'node:path'
import { defaultStateDir } from '@holdfast/cluster'
import type { OptionSpec } from '../command.ts'

/** Which data centre of this machine a command means. */
export interface LocateOptions {
  name?: string
  stateDir?: string
}

export const DEFAULT_NAME = 'dc1'

export const LOCATE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--name <name>', summary: `name of the data centre (default: ${DEFAULT_NAME})` },
  {
    flags: '--state-dir <folder>',
    summary: 'where it keeps its state (default: ~/.local/state/holdfast/<name>)',
  },
]

export const JSON_OPTION: OptionSpec = { flags: '--json', summary: 'print the result as JSON' }

export function stateDirOf({ name, stateDir }: LocateOptions): string {
  return stateDir === undefined ? defaultStateDir(name ?? DEFAULT_NAME) : resolve(stateDir)
}

/** The options that name the same data centre again, for a hint: ` --name dc2`, or nothing. */
export function locateAgain({ name, stateDir }: LocateOptions): string {
  const parts = [
    name === undefined || name === DEFAULT_NAME ? '' : ` --name ${name}`,
    stateDir === undefined ? '' : ` --state-dir ${stateDir}`,
  ]
  return parts.join('')
}
