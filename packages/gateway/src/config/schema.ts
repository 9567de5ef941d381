import { z } from 'zod'
import { accessSchema, forwardAuthSchema } from './access.ts'
import { adminSchema } from './admin.ts'
import { auditSchema } from './audit.ts'
import { oauthSchema } from './clients.ts'
import { isLoopback, origin, text, wholeNumber } from './fields.ts'
import { identitiesSchema } from './identities.ts'
import { loginLimitsSchema } from './login-limits.ts'
import { metricsSchema } from './metrics.ts'
import { processesSchema } from './processes.ts'
import { sessionsSchema } from './sessions.ts'
import { trustedProxiesSchema } from './trusted-proxies.ts'

const node = z.strictObject({ host: text, port: wholeNumber(1, 65_535) })

/** Files in PEM. */
const tls = z.strictObject({
  /** The certificate of the data centre's authority. */
  caFile: text,
  /** This gateway's certificate, and its key, which nobody else may read. */
  certFile: text.exactOptional(),
  keyFile: text.exactOptional(),
  /** A name that every certificate must hold, instead of the address that was dialled. */
  servername: text.exactOptional(),
})

const store = z.strictObject({
  sentinels: z.array(node, { error: 'must be a list of {host, port}' }).min(1, {
    error: 'must name the Sentinels of this data centre',
  }),
  primaryName: text.default('mymaster'),
  username: text.exactOptional(),
  password: text.exactOptional(),
  sentinelUsername: text.exactOptional(),
  sentinelPassword: text.exactOptional(),
  /** The value of the group's mark: a Redis with another one is refused. */
  groupMark: text.exactOptional(),
  /** Encrypt every connection. Without it they travel in clear. */
  tls: tls.exactOptional(),
  keyring: z.strictObject({ current: text, keys: z.record(text, text), index: text }),
  /** Idle lifetime of a session. NIST SP 800-63B, AAL2: 30 minutes. */
  idleMs: wholeNumber(1000, 31_536_000_000, ' (ms)').default(1_800_000),
  /** Absolute lifetime of a session. NIST SP 800-63B, AAL2: 12 hours. */
  absoluteMs: wholeNumber(1000, 31_536_000_000, ' (ms)').default(43_200_000),
  verifyTimeoutMs: wholeNumber(10, 60_000, ' (ms)').exactOptional(),
  writeTimeoutMs: wholeNumber(100, 300_000, ' (ms)').exactOptional(),
})

const limits = z.strictObject({
  /** A request's headers must have come after this long. */
  headersTimeoutMs: wholeNumber(100, 600_000, ' (ms)').default(5000),
  /** A whole request must have come after this long. How long its answer takes does not count. */
  requestTimeoutMs: wholeNumber(100, 600_000, ' (ms)').default(10_000),
  /** An idle connection is kept for this long. Longer than a load balancer keeps one, so that it closes first. */
  keepAliveTimeoutMs: wholeNumber(100, 600_000, ' (ms)').default(65_000),
  /** Most connections at once. */
  connections: wholeNumber(1, 1_000_000).default(10_000),
  /** Password checks that run at once: each takes 19 MiB and a thread of Node's pool of four. */
  passwordChecks: wholeNumber(1, 64).default(2),
  /** Logins that wait for a password check; beyond it `TOO_BUSY`. */
  waitingLogins: wholeNumber(0, 100_000).default(512),
  /** A login that waited this long for its password check is answered `TOO_BUSY`. */
  waitingLoginMs: wholeNumber(10, 600_000, ' (ms)').default(10_000),
  /** From the end signal until no new connection is accepted: time for the load balancer to see `/readyz` say 503. */
  drainMs: wholeNumber(0, 3000, ' (ms)').default(1000),
})

/** The configuration file of one gateway. Unknown keys are mistakes: a misspelt one must not pass in silence. */
export const gatewayConfigSchema = z
  .strictObject({
    /** Names this server in every answer. */
    name: z.string({ error: 'must be text' }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
      error: 'must be 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", and begin with a letter or a digit',
    }),
    /** Names this state of the file: `/readyz` shows the one that is in use. */
    revision: z
      .string({ error: 'must be text' })
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, {
        error: 'must be 1 to 128 of A-Z, a-z, 0-9, ".", "_", ":" and "-", and begin with a letter or a digit',
      })
      .exactOptional(),
    /** What `holdfast render` wrote, as a digest: a file that was changed by hand afterwards shows. See `rendered.ts`. */
    renderedDigest: text.exactOptional(),
    /** The data centre whose tokens this gateway takes. */
    dataCentre: z.string({ error: 'must be text' }).regex(/^[a-z0-9-]{1,64}$/, {
      error: 'must be 1 to 64 of a-z, 0-9 and "-"',
    }),
    /** Port 0 takes any free port. */
    listen: z.strictObject({ host: text, port: wholeNumber(0, 65_535) }),
    /** Users with their hashed passwords. It may be left out when `identities` says who may log in. */
    usersFile: text.exactOptional(),
    identities: identitiesSchema.prefault({}),
    /** Other sites to which a browser may return after its login. */
    returnOrigins: z.array(origin, { error: 'must be a list of origins' }).default([]),
    /** True: the cookie goes over HTTPS only. False is for development on this machine alone. */
    secureCookies: z.boolean({ error: 'must be true or false' }).default(true),
    store,
    access: accessSchema.exactOptional(),
    forwardAuth: forwardAuthSchema.prefault({}),
    oauth: oauthSchema.exactOptional(),
    limits: limits.prefault({}),
    trustedProxies: trustedProxiesSchema.default([]),
    loginLimits: loginLimitsSchema.prefault({}),
    sessions: sessionsSchema.prefault({}),
    processes: processesSchema,
    audit: auditSchema.prefault({}),
    metrics: metricsSchema.prefault({}),
    admin: adminSchema.exactOptional(),
  })
  .refine((config) => config.secureCookies || isLoopback(config.listen.host), {
    path: ['secureCookies'],
    error:
      'may be false only when `listen.host` is a loopback address (127.0.0.0/8, ::1 or localhost): ' +
      'other machines would send the login cookie in clear; set it to true and serve HTTPS in front',
  })

  .refine(
    ({ usersFile, identities }) =>
      usersFile !== undefined || identities.ldap !== undefined || identities.oidc !== undefined,
    {
      path: ['usersFile'],
      error: 'is missing, and `identities` names neither `ldap` nor `oidc`: nobody could log in',
    },
  )

/** A checked configuration, with every default filled in. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>

/** Where the files of TLS are. */
export type TlsFiles = z.output<typeof tls>
