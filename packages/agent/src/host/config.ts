import { readFile } from 'node:fs/promises'
import { ClusterError } from '@holdfast/site/errors'
import { z } from 'zod'

const address = z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) })
const file = z.string().min(1)

const schema = z.strictObject({
  dataCentre: z.string(),
  primaryName: z.string(),
  mark: z.string().min(1),
  self: address,
  /** Null: there is no Sentinel on this host. */
  sentinel: address.nullable(),
  /** The planned `replica-priority` of this host's Redis. Absent in a file of an earlier version: the default. */
  priority: z.int().min(0).optional(),
  redis: z.array(address).min(1),
  sentinels: z.array(address).min(1),
  downAfterMs: z.int().positive(),
  failoverTimeoutMs: z.int().positive(),
  stateFolder: file,
  /** The program of the engine, which also checks its files. Absent in a file of an earlier version. */
  server: file.default('/usr/bin/redis-server'),
  tls: z.strictObject({ authority: file, certificate: file, key: file }).nullable(),
  passwords: z.strictObject({ redisAdmin: z.string(), sentinelAdmin: z.string() }),
})

/** `host.json`, as the renderer writes it: the configuration of the guard and the watchdog of one real host. */
export type HostConfig = z.output<typeof schema>

/** Reads `host.json`. Throws `STATE_UNUSABLE` when the file is unreadable or invalid; the error shows no contents. */
export async function readHostConfig(path: string): Promise<HostConfig> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (error) {
    throw new ClusterError(
      'STATE_UNUSABLE',
      `${path} is not a valid host configuration. Write it again with \`holdfast render\`.`,
      error instanceof z.ZodError || error instanceof SyntaxError ? undefined : { cause: error },
    )
  }
}
