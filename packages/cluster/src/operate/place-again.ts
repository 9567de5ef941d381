import { defaultStateDir } from '../state/folder.ts'
import { DEFAULT_NAME } from '../words.ts'
import type { AnyDataCentre, DataCentrePlace } from './open.ts'
import { shellWord } from './shell-word.ts'

/**
 * The options that name a data centre that is open to a command again. Of `open.ts` types alone are imported: commands that
 * only print these words load no client of Redis.
 */
export function againOf(dataCentre: AnyDataCentre): string {
  const { name } = dataCentre.topology
  const place = 'place' in dataCentre ? dataCentre.place : { stateDir: dataCentre.folder.path }
  return placeAgain(place, { name, defaultDir: defaultStateDir(name) })
}

/**
 * The options that name the same data centre to a command again, as a shell takes them: ` --file dc.yaml`, or nothing for
 * the default one of this machine. `defaultDir` is where a data centre of its name keeps its state by default. Pure.
 * INV-OPERATIONS-3.
 */
export function placeAgain(
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
  return { file: siteFile, 'data-centre': dataCentre, certificates, holder }
}
