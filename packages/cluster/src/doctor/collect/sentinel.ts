import { AuthFailedError, RedisReplyError } from '@holdfast/tokens'
import { formatAddress } from '@holdfast/tokens/redis'
import { Lines, readField } from '../../redis/lines.ts'
import { readAnswer } from '../../redis/sentinels.ts'
import { renderSentinelUsers } from '../../render/users-acl.ts'
import type { LocalDataCentre } from '../../state/open.ts'
import { sentinelAddress } from '../../topology/topology.ts'
import type { SentinelFacts, SentinelSnapshot } from '../snapshot.ts'
import { type Ask, collectAcl } from './acl.ts'
import { readInfo, readList, readMap, readPeer } from './replies.ts'

/** Everything about one Sentinel. */
export async function collectSentinel(
  { topology, secrets, tls }: LocalDataCentre,
  index: number,
  timeoutMs: number,
): Promise<SentinelSnapshot> {
  const host = topology.dataHosts[index]
  if (host === undefined) throw new RangeError(`there is no data host ${index}`)
  const address = sentinelAddress(host)
  const asked = { name: `sentinel-${index + 1}`, at: formatAddress(address), address }
  const lines = new Lines({ username: 'admin', password: secrets.sentinelAdmin, tls })
  const ask: Ask = (...commands) => lines.send(address, commands, timeoutMs)
  const passwords = { admin: secrets.sentinelAdmin, peer: secrets.peer, app: secrets.sentinelApp }
  const { primaryName } = topology
  try {
    const [primary, replicas, sentinels, info, settings] = await ask(
      ['SENTINEL', 'MASTER', primaryName],
      ['SENTINEL', 'REPLICAS', primaryName],
      ['SENTINEL', 'SENTINELS', primaryName],
      ['INFO', 'sentinel'],
      ['SENTINEL', 'CONFIG', 'GET', '*'],
    )
    const { 'sentinel-user': user, 'sentinel-pass': password } = readMap(settings)
    const facts: SentinelFacts = {
      ...readAnswer(address, primary ?? null),
      quorum: Number(readField(primary, 'quorum')),
      parallelSyncs: Number(readField(primary, 'parallel-syncs')),
      flags: readField(primary, 'flags').split(','),
      replicas: readList(replicas).map(readPeer),
      sentinels: readList(sentinels).map(readPeer),
      tilt: readInfo(info)['sentinel_tilt'] === '1',
      quorumProblem: await askQuorum(ask, primaryName),
      knowsPeerPassword: user === 'peer' && password === secrets.peer,
      acl: await collectAcl({ address, tls, timeoutMs }, ask, renderSentinelUsers(secrets), passwords),
    }
    return { ...asked, facts, problem: null, refusesAdmin: false }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...asked, facts: null, problem, refusesAdmin: error instanceof AuthFailedError }
  } finally {
    lines.close()
  }
}

async function askQuorum(ask: Ask, primaryName: string): Promise<string | null> {
  try {
    await ask(['SENTINEL', 'CKQUORUM', primaryName])
    return null
  } catch (error) {
    if (error instanceof RedisReplyError) return error.message
    throw error
  }
}
