import { join } from 'node:path'
import { fillsMemory, roomyLimitMb, usedBytes as usedBytesOf } from '../doctor/memory.ts'
import { bufferLimitOf, parseRedisConf } from '../doctor/planned-config.ts'
import { readInfo } from '../redis/info.ts'
import { readField } from '../redis/lines.ts'
import type { Nodes } from '../redis/nodes.ts'
import { renderRedisConf } from '../render/redis-conf.ts'
import type { LocalDataCentre } from '../state/open.ts'
import { tlsFilesOf } from '../state/tls-files.ts'
import { ACL_FILE } from '../supervise/plans.ts'
import { redisAddress } from '../topology/topology.ts'

/** What a site's file says of each Redis, by the names of Redis. */
const SETTINGS = [
  'appendfsync',
  'client-output-buffer-limit',
  'maxmemory',
  'maxmemory-policy',
  'repl-backlog-size',
  'replica-priority',
]
const PATIENCE_MS = 2000

/**
 * Gives every Redis that answers the settings of the file by which its data centre was started: its own file was written
 * once. Answers in sentences what was not changed, and why.
 */
export async function applySettings(dataCentre: LocalDataCentre, nodes: Nodes): Promise<string[]> {
  const { topology } = dataCentre
  if (topology.redis === undefined) return []
  const live = await Promise.all(topology.dataHosts.map((_, index) => readLive(dataCentre, nodes, index)))
  const usedBytes = Math.max(0, ...live.map((one) => one?.usedBytes ?? 0))
  const refused = new Set<string>()
  for (const one of live) {
    if (one === null) continue
    const changes = one.differing.filter(([name, planned]) => {
      const isRefused =
        name === 'maxmemory' &&
        Number(planned) < Number(one.settings['maxmemory']) &&
        (live.includes(null) || fillsMemory(usedBytes, Number(planned)))
      if (isRefused) refused.add(tooSmall(topology.redis?.maxmemoryMb, usedBytes))
      return !isRefused
    })
    if (changes.length === 0) continue
    await nodes.send(
      one.address,
      [
        ['CONFIG', 'SET', ...changes.flat()],
        ['CONFIG', 'REWRITE'],
      ],
      PATIENCE_MS,
    )
  }
  return [...refused]
}

const tooSmall = (askedMb: number | undefined, usedBytes: number) =>
  `maxmemory was not lowered to ${askedMb} MiB: what Redis holds would fill it, or one does not answer. Set redis.maxmemoryMb to ${roomyLimitMb(usedBytes)} or more.`

/** Null when it does not answer: the doctor finds later what it lacks. */
async function readLive({ topology, folder, secrets }: LocalDataCentre, nodes: Nodes, index: number) {
  const dataHost = topology.dataHosts[index]
  if (dataHost === undefined) return null
  const address = redisAddress(dataHost)
  const name = `redis-${index + 1}`
  const paths = { dataFolder: folder.dataOf(name), aclFile: join(folder.of(name), ACL_FILE) }
  const node = { topology, dataHost, secrets, tls: tlsFilesOf(topology, folder, name) }
  const planned = parseRedisConf(renderRedisConf(node, paths))
  try {
    const [config, info] = await nodes.send(
      address,
      [
        ['CONFIG', 'GET', ...SETTINGS],
        ['INFO', 'memory'],
      ],
      PATIENCE_MS,
    )
    const settings = Object.fromEntries(SETTINGS.map((setting) => [setting, readSetting(config, setting)]))
    const differing = SETTINGS.map((setting) => [setting, planned[setting] ?? ''] as const).filter(
      ([setting, value]) => settings[setting] !== value,
    )
    return { address, settings, differing, usedBytes: usedBytesOf({ info: readInfo(info) }) }
  } catch {
    return null
  }
}

function readSetting(config: Parameters<typeof readField>[0], name: string): string {
  const value = readField(config, name)
  return name === 'client-output-buffer-limit' ? bufferLimitOf(value, 'slave') : value
}
