import { defaultStateDir } from '@holdfast/local/state/folder'
import { DEFAULT_NAME } from '@holdfast/site/topology/topology'
import type { AnyDataCentre, DataCentrePlace } from './open.ts'
import { shellWord } from './shell-word.ts'

/**
 * The flags that select an open data centre in another command. Imports only types of `open.ts`, so that commands which
 * print these flags load no client of Redis.
 */
export function cliFlagsOf(dataCentre: AnyDataCentre): string {
  const { name } = dataCentre.topology
  const place = 'place' in dataCentre ? dataCentre.place : { stateDir: dataCentre.folder.path }
  return toCliFlags(place, { name, defaultDir: defaultStateDir(name) })
}

/**
 * The flags that select the same data centre in another command, quoted for a shell: ` --file dc.yaml`, or an empty text
 * for the default one of this machine. `defaultDir` is the default state folder for its name. Pure.
 * INV-OPERATIONS-3.
 */
export function toCliFlags(
  place: DataCentrePlace,
  { name, defaultDir }: { name: string; defaultDir: string },
): string {
  return Object.entries(optionsOf(place, name, defaultDir))
    .map(([flag, value]) => (value === undefined ? '' : ` --${flag} ${shellWord(value)}`))
    .join('')
}

function optionsOf(
  place: DataCentrePlace,
  name: string,
  defaultDir: string,
): Record<string, string | undefined> {
  if ('stateDir' in place) {
    return {
      name: name === DEFAULT_NAME ? undefined : name,
      'state-dir': place.stateDir === defaultDir ? undefined : place.stateDir,
    }
  }
  const { siteFile, dataCentre, certificates, holder } = place
  return { file: siteFile, 'data-centre': dataCentre, certificates, 'client-cert': holder }
}
