import { join } from 'node:path'
import { seedPrivate } from '@holdfast/site/private-file'
import { ESSENTIALS } from '@holdfast/site/render/essentials'
import type { LocalNode } from '@holdfast/site/render/node-plan'
import { renderRedisConf } from '@holdfast/site/render/redis-conf'
import { renderSentinelConf } from '@holdfast/site/render/sentinel-conf'
import { renderUsersAcl } from '@holdfast/site/render/users-acl'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import type { Topology } from '@holdfast/site/topology/topology'
import type { StateFolder } from '../state/folder.ts'
import { tlsFilesOf } from '../state/tls-files.ts'
import { ACL_FILE, CONFIG_FILES } from './plans.ts'

/**
 * Writes the missing or damaged files that Redis rewrites itself. Returns the paths of the written files.
 * INV-LOCAL-4.
 */
export async function seedRedis(
  topology: Topology,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
): Promise<string[]> {
  const own = folder.of(redisName(index))
  const [users, config] = [join(own, ACL_FILE), join(own, CONFIG_FILES.redis)]
  const text = localRedisConf(topology, index, folder, secrets)
  const written = [
    (await seedPrivate(users, renderUsersAcl(secrets, topology.engine))) && users,
    (await seedPrivate(config, text, ESSENTIALS['redis.conf'].hardened)) && config,
  ]
  return written.filter((file) => file !== false)
}

/** The planned `redis.conf` of a Redis of this machine. Holds secrets. */
export function localRedisConf(
  topology: Topology,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
): string {
  const name = redisName(index)
  const paths = { dataFolder: folder.dataOf(name), aclFile: join(folder.of(name), ACL_FILE) }
  return renderRedisConf(localNode(topology, index, folder, secrets, name), paths)
}

const redisName = (index: number) => `redis-${index + 1}`

/**
 * Writes the `sentinel.conf` of a Sentinel if it is missing or damaged. Returns the paths of the written files.
 * INV-LOCAL-5.
 */
export async function seedSentinel(
  topology: Topology,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
): Promise<string[]> {
  const name = `sentinel-${index + 1}`
  const config = join(folder.of(name), CONFIG_FILES.sentinel)
  const node = localNode(topology, index, folder, secrets, name)
  const text = renderSentinelConf(node, folder.of(name))
  return (await seedPrivate(config, text, ESSENTIALS['sentinel.conf'].hardened)) ? [config] : []
}

function localNode(
  topology: Topology,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
  name: string,
): LocalNode {
  const dataHost = topology.dataHosts[index]
  if (dataHost === undefined) throw new RangeError(`There is no data host ${index}.`)
  return { topology, dataHost, secrets, tls: tlsFilesOf(topology, folder, name) }
}
