import { randomBytes } from 'node:crypto'
import { generateKeyring, type Keyring } from '@holdfast/tokens/keyring'
import { z } from 'zod'
import { proxySecret } from './proxy-secret.ts'

/** The secrets of a data centre, generated once at its first start. */
export interface Secrets {
  /** Passwords of the ACL users on each Redis. */
  admin: string
  replica: string
  sentinel: string
  metrics: string
  app: string
  /** Passwords of the ACL users on each Sentinel. */
  peer: string
  sentinelAdmin: string
  sentinelApp: string
  /** Password of the user `demo` of the gateways. */
  demoPassword: string
  /** Password of the ACL user `platform`. Absent before its first rotation: it is then derived from the key ring. */
  platform?: string
  /** Passwords of the Redis users of proxied clients, by user. A user without an entry has a derived one. */
  proxyUsers?: Record<string, string>
  /**
   * The group id: the value of the key `hf:mark` on every node of this data centre. It begins with the name of the data
   * centre, so that a store that is connected to the wrong one can name both. Not secret.
   */
  mark: string
  keyring: Keyring
  /** When each secret was generated (UTC, ISO 8601), by its name. A secret without an entry is as old as the file. */
  rotatedAt?: Record<string, string>
  /** A different text after each rotation. Servers that use the rotated secrets report it. Not secret. */
  revision?: string
}

const password = z.string().min(16)
/** The characters that the library accepts. None of them needs quotes in a file that contains the key ring. */
const keyId = z.string().regex(/^[a-z0-9-]{1,32}$/)
const key = z.base64()

const secretShape = {
  admin: password,
  replica: password,
  sentinel: password,
  metrics: password,
  app: password,
  peer: password,
  sentinelAdmin: password,
  sentinelApp: password,
  demoPassword: password,
  platform: password.exactOptional(),
  proxyUsers: z.record(z.string(), password).exactOptional(),
  mark: z.string().regex(/^([a-z0-9-]{1,64}:)?[0-9a-f]{32}$/),
  keyring: z.object({ current: keyId, keys: z.record(keyId, key), index: key }),
}

const schema = z.object({
  ...secretShape,
  rotatedAt: z.record(z.string(), z.iso.datetime()).exactOptional(),
  revision: z.string().exactOptional(),
})

/** Generates the secrets of a new data centre. Each password has 256 random bits. */
export function generateSecrets(dataCentre: string): Secrets {
  const make = () => randomBytes(32).toString('base64url')
  return {
    admin: make(),
    replica: make(),
    sentinel: make(),
    metrics: make(),
    app: make(),
    peer: make(),
    sentinelAdmin: make(),
    sentinelApp: make(),
    demoPassword: make(),
    mark: `${dataCentre}:${randomBytes(16).toString('hex')}`,
    keyring: generateKeyring(),
  }
}

/** Every password by its name: `admin`, and `proxy:web` for the user `web` of proxied clients. */
export function passwordsIn(secrets: Secrets): Record<string, string> {
  const { mark: _, keyring: __, rotatedAt: ___, revision: ____, proxyUsers = {}, ...passwords } = secrets
  const ofProxies = Object.entries(proxyUsers).map(([user, password]) => [proxySecret(user), password])
  return { ...passwords, ...Object.fromEntries(ofProxies) }
}

/** The names of the secrets in {@link Secrets}. */
export const SECRET_NAMES = Object.keys(secretShape) as readonly (keyof typeof secretShape)[]

/** Validates secrets by name. Returns only the names of invalid ones, because a message would show a secret. */
export function checkSecrets(values: unknown): { secrets: Secrets } | { wrong: string[] } {
  const { success, data, error } = schema.safeParse(values)
  if (success) return { secrets: data }
  const wrong = error.issues.map(({ path }) => String(path[0] ?? 'all of it'))
  return { wrong: [...new Set(wrong)] }
}

/** Parses the text of a secrets file. Null if it is not valid: a message would show secrets. */
export function parseSecrets(text: string): Secrets | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
