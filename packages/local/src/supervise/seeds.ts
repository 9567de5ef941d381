import { join } from 'node:path'
import { seedPrivate } from '@holdfast/site/private-file'
import { ESSENTIALS } from '@holdfast/site/render/essentials'
import type { LocalNode } from '@holdfast/site/render/node-plan'
import { renderRedisConf } from '@holdfast/site/render/redis-conf'
import { renderSentinelConf } from '@holdfast/site/render/sentinel-conf'
import { renderUsersAcl } from '@holdfast/site/render/users-acl'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { type LocalPlan, localGroup } from '@holdfast/site/topology/local-plan'
import type { StateFolder } from '../state/folder.ts'
import { tlsFilesOf } from '../state/tls-files.ts'
import { ACL_FILE, CONFIG_FILES } from './plans.ts'

/**
 * Writes the missing or damaged files that Redis rewrites itself. Returns the paths of the written files.
 * INV-LOCAL-4.
 */
export async function seedRedis(
  plan: LocalPlan,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
): Promise<string[]> {
  const own = folder.of(redisName(index))
  const [users, config] = [join(own, ACL_FILE), join(own, CONFIG_FILES.redis)]
  const text = localRedisConf(plan, index, folder, secrets)
  const written = [
    (await seedPrivate(users, renderUsersAcl(secrets, plan.site.engine))) && users,
    (await seedPrivate(config, text, ESSENTIALS['redis.conf'].hardened)) && config,
  ]
  return written.filter((file) => file !== false)
}

/** The planned `redis.conf` of a Redis of this machine. Holds secrets. */
export function localRedisConf(
  plan: LocalPlan,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
): string {
  const name = redisName(index)
  const paths = { dataFolder: folder.dataOf(name), aclFile: join(folder.of(name), ACL_FILE) }
  return renderRedisConf(localNode(plan, index, folder, secrets, name), paths)
}

const redisName = (index: number) => `redis-${index + 1}`

/**
 * Writes the `sentinel.conf` of a Sentinel if it is missing or damaged. Returns the paths of the written files.
 * INV-LOCAL-5.
 */
export async function seedSentinel(
  plan: LocalPlan,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
): Promise<string[]> {
  const name = `sentinel-${index + 1}`
  const config = join(folder.of(name), CONFIG_FILES.sentinel)
  const node = localNode(plan, index, folder, secrets, name)
  const text = renderSentinelConf(node, folder.of(name))
  return (await seedPrivate(config, text, ESSENTIALS['sentinel.conf'].hardened)) ? [config] : []
}

function localNode(
  plan: LocalPlan,
  index: number,
  folder: StateFolder,
  secrets: Secrets,
  name: string,
): LocalNode {
  const dataHost = localGroup(plan).dataHosts[index]
  if (dataHost === undefined) throw new RangeError(`There is no data host ${index}.`)
  return { plan, dataHost, secrets, tls: tlsFilesOf(plan, folder, name) }
}
