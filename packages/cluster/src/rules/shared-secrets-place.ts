import { resolve, sep } from 'node:path'
import type { DataCentre, SecretsPlace } from '../site/site.ts'
import { dataCentrePath } from './places.ts'
import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const sharedSecretsPlace: Rule = {
  id: 'shared-secrets-place',
  severity: 'error',
  summary: 'Two data centres have their secrets in one place.',
  why: 'Data centres share nothing. With the same passwords whoever gets into one is in the other, and a node that strays into the wrong group is let in.',
  fix: 'Give each data centre a folder or a prefix of its own, none inside another.',
  source: sharedTokenRedis('disaster recovery or a second data center'),
  *check({ dataCentres }) {
    for (const [index, dataCentre] of dataCentres.entries()) {
      const other = dataCentres.slice(0, index).find(sharesWith(dataCentre))
      if (other === undefined) continue
      yield {
        path: [...dataCentrePath(dataCentre), 'secrets', dataCentre.secrets.kind],
        message: `${dataCentre.name} has its secrets where ${other.name} has them.`,
      }
    }
  },
}

const sharesWith =
  ({ secrets: one }: DataCentre) =>
  ({ secrets: other }: DataCentre): boolean => {
    if (one.kind === 'environment') return other.kind === 'environment' && one.prefix === other.prefix
    return isFolder(one) && isFolder(other) && (isInside(one, other) || isInside(other, one))
  }

type Folder = Extract<SecretsPlace, { kind: 'file' }>

const isFolder = (place: SecretsPlace): place is Folder => place.kind === 'file'

const isInside = (one: Folder, other: Folder): boolean =>
  `${resolve('/', one.path)}${sep}`.startsWith(`${resolve('/', other.path)}${sep}`)
