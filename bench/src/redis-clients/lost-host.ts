import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '@holdfast/local/preflight/programs'
import type { RedisGroup, ServerProcess } from '@holdfast/testing'

/** One table of the packet filter per process, so that a run removes only its own. */
const TABLE = `holdfast-bench-${process.pid}`

/**
 * Loses the host of a Redis and its Sentinel: no packet from or to their ports arrives any more, and then they are killed.
 * Returns what brings the host back. Needs root and nftables.
 */
export async function loseHost(group: RedisGroup, redis: ServerProcess): Promise<() => Promise<void>> {
  const sentinel = group.sentinels[group.redis.indexOf(redis)]
  const servers = sentinel === undefined ? [redis] : [redis, sentinel]
  const ports = servers.map(({ port }) => port).join(', ')
  await nft(`table inet ${TABLE} {
  chain lost {
    type filter hook input priority 0
    tcp dport { ${ports} } drop
    tcp sport { ${ports} } drop
  }
}`)
  await Promise.all(servers.map((server) => server.kill()))
  return async () => {
    await foundHost()
    await Promise.all(servers.map((server) => server.start()))
  }
}

/** Removes the table. It may be gone already. */
async function foundHost(): Promise<void> {
  await nft(`table inet ${TABLE}\ndelete table inet ${TABLE}`)
}

async function nft(script: string): Promise<void> {
  await promisify(execFile)(findProgram('nft'), [script])
}
