import { randomBytes } from 'node:crypto'
import { generateKeyring, type Keyring } from '@holdfast/tokens'
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
  /**
   * The generation mark: the value of `hf:mark` on every node that belongs to this data centre. It begins with the data
   * centre's name, so that a store that is wired to another one can say so. No secret.
   */
  mark: string
  keyring: Keyring
}

const password = z.string().min(16)

const schema = z.object({
  admin: password,
  replica: password,
  sentinel: password,
  metrics: password,
  app: password,
  peer: password,
  sentinelAdmin: password,
  sentinelApp: password,
  demoPassword: password,
  mark: z.string().regex(/^([a-z0-9-]{1,64}:)?[0-9a-f]{32}$/),
  keyring: z.object({ current: z.string(), keys: z.record(z.string(), z.string()), index: z.string() }),
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

/** What {@link Secrets} has, by name. */
export const SECRET_NAMES = Object.keys(schema.shape) as readonly (keyof Secrets)[]

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
