import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localPlace, makeRedis, type RedisSettings } from './redis-servers.ts'
import type { ServerProcess } from './server-process.ts'

/** Starts one real Redis without replicas, on a free port of loopback. */
export async function startStandaloneRedis({
  tls,
  redisConfig = '',
}: RedisSettings = {}): Promise<{ server: ServerProcess; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
  const place = await localPlace()
  const server = await makeRedis(folder, place, place, {
    redisConfig: `min-replicas-to-write 0\n${redisConfig}`,
    tls,
  })
  const stop = async () => {
    await server.kill()
    await rm(folder, { recursive: true, force: true })
  }
  await server.start()
  return { server, stop }
}
