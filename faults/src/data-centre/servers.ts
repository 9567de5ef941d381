import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { HostedProcess } from '../hosts/hosted-process.ts'
import { type DataHost, sentinelOf } from '../hosts/places.ts'
import { answersPing } from './ask.ts'
import { renderRedisConf, renderRedisUsers, renderSentinelConf, type Timings } from './config.ts'

export async function makeRedis(
  host: DataHost,
  folder: string,
  secrets: Secrets,
  env: NodeJS.ProcessEnv,
): Promise<HostedProcess> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'users.acl'), renderRedisUsers(secrets))
  await writeFile(join(folder, 'redis.conf'), renderRedisConf(host, folder, secrets))
  return new HostedProcess({
    place: host,
    command: ['redis-server', join(folder, 'redis.conf')],
    logFile: `${folder}.log`,
    env,
    isReady: () => answersPing(host),
  })
}

export async function makeSentinel(
  host: DataHost,
  folder: string,
  timings: Timings,
  secrets: Secrets,
  env: NodeJS.ProcessEnv,
): Promise<HostedProcess> {
  const place = sentinelOf(host)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'sentinel.conf'), renderSentinelConf(host, folder, timings, secrets))
  return new HostedProcess({
    place,
    command: ['redis-server', join(folder, 'sentinel.conf'), '--sentinel'],
    logFile: `${folder}.log`,
    env,
    restart: true,
    isReady: () => answersPing(place),
  })
}
