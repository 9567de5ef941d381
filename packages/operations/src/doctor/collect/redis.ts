import { open } from 'node:fs/promises'
import { askProcess, type PlannedProcess, readRedisState } from '@holdfast/agent/group/snapshot'
import { parseRedisConf } from '@holdfast/agent/redis/config-lines'
import { ConnectionPool } from '@holdfast/agent/redis/connection-pool'
import { readInfo } from '@holdfast/agent/redis/replies'
import { proxyPassword } from '@holdfast/site/render/derived-secrets'
import { CommandTimeoutError } from '@holdfast/tokens'
import { MARK_KEY, type NodeAddress, unsupportedNode } from '@holdfast/tokens/redis'
import { type AnyDataCentre, isSite, proxyUsersOf } from '../../data-centre/open.ts'
import { buildOf } from '../engine/build.ts'
import type { RedisFacts, RedisSnapshot } from '../snapshot.ts'
import { type Ask, collectAcl } from './acl.ts'
import { readDisk } from './disk.ts'
import { readPackageFixes } from './package-fixes.ts'
import { plannedTexts } from './planned.ts'
import { clientsIn, readMap } from './replies.ts'

/** Writes are paused if a write command has no answer after this time, while other commands have. */
const PAUSED_AFTER_MS = 700
/** No client subscribes to this channel. */
const PROBE_CHANNEL = 'hf:doctor'
/** How much of the end of a log is read. Logs are small, so the last start is in it almost always. */
const LOG_TAIL_BYTES = 1024 * 1024
const SECRET = ['masterauth', 'primaryauth', 'requirepass', 'tls-key-file-pass', 'tls-client-key-file-pass']

/** Collects everything about one Redis. */
export async function collectRedis(
  dataCentre: AnyDataCentre,
  process: PlannedProcess,
  timeoutMs: number,
): Promise<RedisSnapshot> {
  const { secrets, tls } = dataCentre
  const { name, address, index } = process
  const connections = new ConnectionPool({ username: 'admin', password: secrets.admin, tls })
  const ask: Ask = (...commands) => connections.send(address, commands, timeoutMs)
  const { admin, replica, sentinel, metrics, app } = secrets
  const planned = plannedTexts(dataCentre, index)
  const ofProxies = proxyUsersOf(dataCentre).map((user) => [user, proxyPassword(secrets, user)])
  const passwords = { admin, replica, sentinel, metrics, app, ...Object.fromEntries(ofProxies) }
  const collected = askProcess(process, async (): Promise<RedisFacts> => {
    // Not PING: a primary whose disk is full answers that with an error, and would count as down (FACT-38).
    const clock = await readClock(ask)
    const [info, config, mark, clients] = await ask(
      ['INFO'],
      ['CONFIG', 'GET', '*'],
      ['GET', MARK_KEY],
      ['CLIENT', 'LIST'],
    )
    const [acl, writesWait, truncatedAtStart] = await Promise.all([
      collectAcl({ address, tls, timeoutMs }, ask, planned.usersAcl, passwords),
      areWritesPaused(address, dataCentre, ask, timeoutMs),
      isSite(dataCentre) ? false : hasTruncated(dataCentre.folder.logOf(name)),
    ])
    const directives = readMap(config)
    const fields = readInfo(info)
    const disk = await readDisk(dataCentre, address.host, directives['dir'], timeoutMs)
    return {
      unsupported: unsupportedNode(name, String(info))?.message ?? null,
      ...readRedisState(info),
      packageFixes: await readPackageFixes(buildOf(fields)),
      info: fields,
      config: Object.fromEntries(Object.entries(directives).filter(([key]) => !SECRET.includes(key))),
      plannedConfig: parseRedisConf(planned.redisConf),
      knowsReplicaPassword: knowsPassword(directives, replica),
      acl,
      groupId: mark === null || mark === undefined ? null : String(mark),
      clock,
      writesWait,
      truncatedAtStart,
      disk,
      clients: clientsIn(clients),
    }
  })
  return collected.finally(() => connections.close())
}

/** Redis and Valkey name these directives differently. */
function knowsPassword(directives: Record<string, string>, replica: string): boolean {
  const user = directives['masteruser'] ?? directives['primaryuser']
  return user === 'replica' && (directives['masterauth'] ?? directives['primaryauth']) === replica
}

/** Whether a Redis has truncated its append-only file since its last start, by the end of its log. */
async function hasTruncated(logFile: string): Promise<boolean> {
  const file = await open(logFile).catch(() => null)
  if (file === null) return false
  try {
    const { size } = await file.stat()
    const length = Math.min(size, LOG_TAIL_BYTES)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
    const text = buffer.toString('utf8', 0, bytesRead)
    return text.slice(text.lastIndexOf('Redis is starting')).includes('Truncating the AOF')
  } finally {
    await file.close()
  }
}

/** Compares its clock with this machine's. Redis read its clock at some time between the question and the answer. */
async function readClock(ask: Ask): Promise<RedisFacts['clock']> {
  const askedAtMs = performance.now()
  const [time] = await ask(['TIME'])
  const uncertainMs = (performance.now() - askedAtMs) / 2
  const [seconds, microseconds] = Array.isArray(time) ? time.map(Number) : []
  const serverMs = (seconds ?? 0) * 1000 + (microseconds ?? 0) / 1000
  return { aheadMs: serverMs - (performance.timeOrigin + askedAtMs + uncertainMs), uncertainMs }
}

/** Publishes a message, which a pause delays like a write. Uses a separate connection, because the answer may never come. */
async function areWritesPaused(
  address: NodeAddress,
  { secrets, tls }: AnyDataCentre,
  ask: Ask,
  timeoutMs: number,
): Promise<boolean> {
  const connections = new ConnectionPool({ username: 'admin', password: secrets.admin, tls })
  try {
    await connections.send(address, [['TIME']], timeoutMs)
    await connections.send(address, [['PUBLISH', PROBE_CHANNEL, '']], PAUSED_AFTER_MS)
    return false
  } catch (error) {
    if (!(error instanceof CommandTimeoutError)) return false
    const beganMs = performance.now()
    await ask(['TIME'])
    return performance.now() - beganMs < PAUSED_AFTER_MS
  } finally {
    connections.close()
  }
}
