import { join } from 'node:path'
import type { AnyDataCentre } from '../../operate/open.ts'
import { isSite } from '../../operate/open.ts'
import { dataHostFiles } from '../../render/data-host-files.ts'
import { textOf } from '../../render/document.ts'
import { renderRedisConf } from '../../render/redis-conf.ts'
import { renderSentinelUsers, renderUsersAcl, sentinelUsersText } from '../../render/users-acl.ts'
import { tlsFilesOf } from '../../state/tls-files.ts'
import { ACL_FILE } from '../../supervise/plans.ts'

/** The texts with which a Redis and a Sentinel were seeded. */
export interface PlannedTexts {
  redisConf: string
  usersAcl: string
  sentinelUsers: string
}

/** What one data host of a data centre was planned with. Holds secrets. */
export function plannedTexts(dataCentre: AnyDataCentre, index: number): PlannedTexts {
  const { secrets } = dataCentre
  if (isSite(dataCentre)) {
    const { site, dataCentre: plan, hosts } = dataCentre
    const host = hosts[index]
    if (host === undefined) throw new RangeError(`there is no data host ${index}`)
    const files = dataHostFiles(site, plan, host, secrets)
    const textIn = (name: string) => {
      const file = files.find((one) => one.name === name)
      return file === undefined ? '' : textOf(file.document)
    }
    const servesPlatform = plan.hosts.some(({ runs }) => runs.includes('application'))
    return {
      redisConf: textIn('redis.conf'),
      usersAcl: textIn('users.acl'),
      sentinelUsers: sentinelUsersText(secrets, site.engine, servesPlatform),
    }
  }
  const { topology, folder } = dataCentre
  const dataHost = topology.dataHosts[index]
  if (dataHost === undefined) throw new RangeError(`there is no data host ${index}`)
  const name = `redis-${index + 1}`
  const paths = { dataFolder: folder.dataOf(name), aclFile: join(folder.of(name), ACL_FILE) }
  return {
    redisConf: renderRedisConf(
      { topology, dataHost, secrets, tls: tlsFilesOf(topology, folder, name) },
      paths,
    ),
    usersAcl: renderUsersAcl(secrets, topology.engine),
    sentinelUsers: renderSentinelUsers(secrets, topology.engine),
  }
}
