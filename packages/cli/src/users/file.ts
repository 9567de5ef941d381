import { resolve } from 'node:path'
import { StateFolder } from '@holdfast/cluster/state'
import { stateDirOf } from '../place.ts'
import type { UsersOptions } from './options.ts'

/** The users file that a command means: the one that is named, or that of the data centre. */
export const usersFileOf = (options: UsersOptions): string =>
  options.file === undefined ? new StateFolder(stateDirOf(options)).usersFile : resolve(options.file)
