import { z } from 'zod'

const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' })

/** An administrator or a program, and its rights. `holdfast admin token` makes its token. */
const administrator = z.strictObject({
  /** The name that the audit log shows. */
  name: z.string({ error: 'must be text' }).regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, {
    error: 'must be 1 to 64 of A-Z, a-z, 0-9, ".", "_", "@" and "-", and begin with a letter or a digit',
  }),
  /** SHA-256 of the token, in hex. The token has 256 random bits: a slow hash would add nothing. */
  tokenSha256: z.string({ error: 'must be text' }).regex(/^[0-9a-f]{64}$/, {
    error: 'must be 64 hexadecimal digits, as `holdfast admin token` prints them',
  }),
  /** `read` may list sessions and fetch metrics. `change` may also end sessions. */
  access: z.enum(['read', 'change'], { error: 'must be "read" or "change"' }).default('read'),
})

/** The admin API. It is off unless this section is present. */
export const adminSchema = z.strictObject({
  /** A loopback address and a port, or a Unix socket: tokens are not encrypted, so no other machine may connect. */
  listen: z.union(
    [
      z.strictObject({
        host: text.regex(/^(127\.\d+\.\d+\.\d+|::1)$/, {
          error: 'must be a loopback address (127.0.0.0/8 or ::1), because tokens are not encrypted',
        }),
        port: z.int().min(0).max(65_535),
      }),
      z.strictObject({ socket: text }),
    ],
    { error: 'must be {host, port} with a loopback address (127.0.0.0/8 or ::1), or {socket} with a path' },
  ),
  administrators: z.array(administrator, { error: 'must be a list' }).min(1, {
    error: 'must name at least one administrator',
  }),
})

export type AdminConfig = z.output<typeof adminSchema>
export type AdminListen = AdminConfig['listen']
