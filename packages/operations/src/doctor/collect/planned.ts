import { localRedisConf } from '@holdfast/local/supervise/seeds'
import { dataHostFiles } from '@holdfast/site/render/data-host-files'
import { textOf } from '@holdfast/site/render/document'
import { renderSentinelUsers, renderUsersAcl, sentinelUsersText } from '@holdfast/site/render/users-acl'
import type { AnyDataCentre } from '../../data-centre/open.ts'
import { isSite } from '../../data-centre/open.ts'

/** The texts with which a Redis and a Sentinel were seeded. */
export interface PlannedTexts {
  redisConf: string
  usersAcl: string
  sentinelUsers: string
}

/** The planned texts of one data host. They hold secrets. */
export function plannedTexts(dataCentre: AnyDataCentre, index: number): PlannedTexts {
  const { secrets } = dataCentre
  if (isSite(dataCentre)) {
    const { site, dataCentre: planned, hosts } = dataCentre
    const host = hosts[index]
    if (host === undefined) throw new RangeError(`There is no data host ${index}.`)
    const files = dataHostFiles(site, planned, host, secrets)
    const textIn = (name: string) => {
      const file = files.find((one) => one.name === name)
      return file === undefined ? '' : textOf(file.document)
    }
    const servesPlatform = planned.hosts.some(({ runs }) => runs.includes('application'))
    return {
      redisConf: textIn('redis.conf'),
      usersAcl: textIn('users.acl'),
      sentinelUsers: sentinelUsersText(secrets, site.engine, servesPlatform),
    }
  }
  const { plan, folder } = dataCentre
  const { engine } = plan.site
  return {
    redisConf: localRedisConf(plan, index, folder, secrets),
    usersAcl: renderUsersAcl(secrets, engine),
    sentinelUsers: renderSentinelUsers(secrets, engine),
  }
}
