import { join } from 'node:path'
import { ESSENTIALS } from '../render/essentials.ts'
import type { LocalNode } from '../render/node-plan.ts'
import { renderRedisConf } from '../render/redis-conf.ts'
import { renderSentinelConf } from '../render/sentinel-conf.ts'
import { renderUsersAcl } from '../render/users-acl.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { StateFolder } from '../state/folder.ts'
import { seedPrivate } from '../state/private-file.ts'
import { tlsFilesOf } from '../state/tls-files.ts'
import type { Topology } from '../topology/topology.ts'
import { ACL_FILE, CONFIG_FILES } from './plans.ts'

/**
 * Writes the files that a Redis rewrites, where they are missing or damaged. Answers those that were written.
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

/** The `redis.conf` of a Redis of this machine, as it is planned. Holds secrets. */
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

/** The same for a Sentinel. INV-LOCAL-5. */
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
  if (dataHost === undefined) throw new RangeError(`there is no data host ${index}`)
  return { topology, dataHost, secrets, tls: tlsFilesOf(topology, folder, name) }
}
