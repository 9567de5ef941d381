import { randomBytes } from 'node:crypto'
import { generateKeyring, type Keyring } from '@holdfast/tokens/keyring'
import { z } from 'zod'

/** What a data centre keeps secret, made once at its first start. */
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
  /** Password of the ACL user `platform`. Absent: it is derived from the key ring, as it was before its first rotation. */
  platform?: string
  /**
   * The generation mark: the value of `hf:mark` on every node that belongs to this data centre. It begins with the data
   * centre's name, so that a store that is wired to another one can say so. No secret.
   */
  mark: string
  keyring: Keyring
  /** When a secret was made (UTC, ISO 8601), by its name. One that is missing here is as old as the file. */
  rotatedAt?: Record<string, string>
  /** Another text after each rotation. Servers that have taken the rotated secrets show it. No secret. */
  revision?: string
}

const password = z.string().min(16)
/** As the library takes them: nothing that a file with the key ring would have to quote. */
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
  mark: z.string().regex(/^([a-z0-9-]{1,64}:)?[0-9a-f]{32}$/),
  keyring: z.object({ current: keyId, keys: z.record(keyId, key), index: key }),
}

const schema = z.object({
  ...secretShape,
  rotatedAt: z.record(z.string(), z.iso.datetime()).exactOptional(),
  revision: z.string().exactOptional(),
})

/** New secrets of a data centre: passwords of 256 random bits each. */
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

/** What is secret in {@link Secrets}, by name. */
export const SECRET_NAMES = Object.keys(secretShape) as readonly (keyof typeof secretShape)[]

/** Checks values by name. Of what is wrong only the names are told: more would show secrets. */
export function checkSecrets(values: unknown): { secrets: Secrets } | { wrong: string[] } {
  const { success, data, error } = schema.safeParse(values)
  if (success) return { secrets: data }
  const wrong = error.issues.map(({ path }) => String(path[0] ?? 'all of it'))
  return { wrong: [...new Set(wrong)] }
}

/** Reads the text of a secrets file; null when it is not one. What is wrong is not told: it would show secrets. */
export function parseSecrets(text: string): Secrets | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
