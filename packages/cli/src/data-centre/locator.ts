import { resolve } from 'node:path'
import { defaultStateDir } from '@holdfast/local/state/folder'
import { toCliFlags as flagsOfLocator } from '@holdfast/operations/data-centre/cli-flags'
import type { DataCentrePlace } from '@holdfast/operations/data-centre/open'
import { DEFAULT_NAME } from '@holdfast/site/topology/topology'
import { UsageError } from '../command-line/command-spec.ts'
import type { LocalOptions, LocatorOptions } from './options.ts'

/** Where the data centre is that the options select. Throws `UsageError` if they select a local one and a file. */
export function locatorFromOptions(options: LocatorOptions): DataCentrePlace {
  const { file, dataCentre, certificates, clientCert, name, stateDir } = options
  if (file === undefined) {
    const needFile = ['dataCentre', 'certificates', 'clientCert'] as const
    if (needFile.some((key) => options[key] !== undefined)) {
      throw new UsageError('--data-centre, --certificates and --client-cert need --file')
    }
    return { stateDir: stateDirFromOptions(options) }
  }
  if (name !== undefined || stateDir !== undefined) {
    throw new UsageError('Give --file, or --name and --state-dir for a local data centre, not both')
  }
  return {
    siteFile: file,
    ...(dataCentre === undefined ? {} : { dataCentre }),
    ...(certificates === undefined ? {} : { certificates }),
    ...(clientCert === undefined ? {} : { holder: clientCert }),
  }
}

/** The flags that select the same data centre in a hint: ` --name dc2`, or nothing. Throws as {@link locatorFromOptions}. */
export function toCliFlags(options: LocatorOptions): string {
  const { name = DEFAULT_NAME } = options
  return flagsOfLocator(locatorFromOptions(options), { name, defaultDir: defaultStateDir(name) })
}

/** The state folder of the local data centre that the options select. */
export function stateDirFromOptions({ name, stateDir }: LocalOptions): string {
  return stateDir === undefined ? defaultStateDir(name ?? DEFAULT_NAME) : resolve(stateDir)
}
