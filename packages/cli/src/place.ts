import { resolve } from 'node:path'
import type { DataCentrePlace } from '@holdfast/cluster'
import { toCliFlags as again } from '@holdfast/cluster/place'
import { defaultStateDir } from '@holdfast/cluster/state'
import { DEFAULT_NAME } from '@holdfast/cluster/words'
import { UsageError } from './command.ts'
import type { LocateOptions, PlaceOptions } from './commands/locate.ts'

/** Throws `UsageError` when one of this machine and one of a file are meant at once. */
export function placeOf(options: PlaceOptions): DataCentrePlace {
  const { file, dataCentre, certificates, holder, name, stateDir } = options
  if (file === undefined) {
    const alone = ['dataCentre', 'certificates', 'holder'] as const
    if (alone.some((key) => options[key] !== undefined)) {
      throw new UsageError('--data-centre, --certificates and --holder belong to --file')
    }
    return { stateDir: stateDirOf(options) }
  }
  if (name !== undefined || stateDir !== undefined) {
    throw new UsageError('Give --file, or --name and --state-dir for one of this machine, not both')
  }
  return {
    siteFile: file,
    ...(dataCentre === undefined ? {} : { dataCentre }),
    ...(certificates === undefined ? {} : { certificates }),
    ...(holder === undefined ? {} : { holder }),
  }
}

/** The options that name the same data centre again, for a hint: ` --name dc2`, or nothing. Throws as {@link placeOf}. */
export function placeAgain(options: PlaceOptions): string {
  const { name = DEFAULT_NAME } = options
  return again(placeOf(options), { name, defaultDir: defaultStateDir(name) })
}

export function stateDirOf({ name, stateDir }: LocateOptions): string {
  return stateDir === undefined ? defaultStateDir(name ?? DEFAULT_NAME) : resolve(stateDir)
}
