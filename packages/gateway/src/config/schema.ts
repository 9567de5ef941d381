import { isIP } from 'node:net'
import { parseAddress } from '@holdfast/tokens/address'
import { z } from 'zod'
import { accessSchema, forwardAuthSchema } from './access.ts'
import { adminSchema } from './admin.ts'
import { oauthSchema } from './clients.ts'
import { domain, isLoopback, isWithin, origin, text, wholeNumber } from './fields.ts'
import { identitiesSchema } from './identities.ts'
import { loginLimitsSchema, sessionsSchema } from './logins.ts'

/** Where the audit log goes. */
const audit = z.strictObject({
  /**
   * A separate file, which only this gateway writes. With several processes each has its own file: `audit-1.jsonl` for
   * `audit.jsonl`. Without it, audit entries go to standard output, among the log lines.
   */
  file: z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' }).exactOptional(),
})

const metrics = z.strictObject({
  /** Serves `/metrics` without a token on the gateway's own port. The admin listener serves it in any case. */
  public: z.boolean({ error: 'must be true or false' }).default(false),
})

/** The number of serving processes, or `auto` for one per core (at most 64). With 1, this process serves itself. */
const processes = z
  .union([z.int().min(1).max(64), z.literal('auto')], {
    error: 'must be a whole number from 1 to 64, or "auto"',
  })
  .default(1)

/** An address, or a range in CIDR notation: `10.1.2.3`, `10.1.0.0/16`, `fd00::/8`. */
const range = z.string({ error: 'must be text' }).refine(isRange, {
  error: 'must be an address or a range such as "10.1.2.3", "10.1.0.0/16" or "fd00::/8"',
})

/**
 * The load balancers and proxies in front of the gateway. Only their `X-Forwarded-For`, `-Proto` and `-Host` are trusted.
 * The client's address is the right-most one outside these ranges; the client may have forged everything left of it.
 * By default no proxy is trusted, and the address of the connection is the client's.
 */
const trustedProxies = z
  .array(range, { error: 'must be a list of addresses and ranges' })
  .max(100, { error: 'must name at most 100 ranges' })

function isRange(text: string): boolean {
  const [address = '', length, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  if (length === undefined) return true
  // A range of length 0 would cover every client, and each could forge its address.
  return /^[1-9]\d{0,2}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128)
}

const node = z.strictObject({ host: text, port: wholeNumber(1, 65_535) })

/** The address that a Redis or a Sentinel announces: `10.0.0.1:6379`. */
const announced = text.refine((address) => parseAddress(address) !== null, {
  error: 'must be an announced address with its port, such as "10.0.0.1:6379"',
})

/** Files in PEM format. */
const tls = z.strictObject({
  /** The certificate of the data centre's certificate authority. */
  caFile: text,
  /** This gateway's certificate and its private key, which no other user may read. */
  certFile: text.exactOptional(),
  keyFile: text.exactOptional(),
  /** A name that every certificate must contain, instead of the address of the connection. */
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
  /** The id of the group: a Redis with another id is refused. */
  groupMark: text.exactOptional(),
  /** Encrypts every connection. Without it, connections are not encrypted. */
  tls: tls.exactOptional(),
  /** Whether connections to the Sentinels use `tls`, too. Default is true. */
  sentinelTls: z.boolean({ error: 'must be true or false' }).exactOptional(),
  /** From announced addresses, as `host:port`, to the addresses that this gateway reaches. */
  addressMap: z.record(announced, node.extend({ servername: text.exactOptional() })).exactOptional(),
  keyring: z.strictObject({ current: text, keys: z.record(text, text), index: text }),
  /** Idle lifetime of a session. NIST SP 800-63B, AAL2: 30 minutes. */
  idleMs: wholeNumber(1000, 31_536_000_000, ' (ms)').default(1_800_000),
  /** Absolute lifetime of a session. NIST SP 800-63B, AAL2: 12 hours. */
  absoluteMs: wholeNumber(1000, 31_536_000_000, ' (ms)').default(43_200_000),
  verifyTimeoutMs: wholeNumber(10, 60_000, ' (ms)').exactOptional(),
  writeTimeoutMs: wholeNumber(100, 300_000, ' (ms)').exactOptional(),
})

const limits = z.strictObject({
  /** Deadline for the headers of a request. */
  headersTimeoutMs: wholeNumber(100, 600_000, ' (ms)').default(5000),
  /** Deadline for receiving a whole request. The time of its answer does not count. */
  requestTimeoutMs: wholeNumber(100, 600_000, ' (ms)').default(10_000),
  /** How long an idle connection is kept: longer than load balancers keep one, so that they close it first. */
  keepAliveTimeoutMs: wholeNumber(100, 600_000, ' (ms)').default(65_000),
  /** Max open connections. */
  connections: wholeNumber(1, 1_000_000).default(10_000),
  /** Password checks that run at the same time: each takes 19 MiB and one of the four threads of Node's pool. */
  passwordChecks: wholeNumber(1, 64).default(2),
  /** Max logins that wait for a password check; further ones get `TOO_BUSY`. */
  waitingLogins: wholeNumber(0, 100_000).default(512),
  /** A login that waits longer for its password check gets `TOO_BUSY`. */
  waitingLoginMs: wholeNumber(10, 600_000, ' (ms)').default(10_000),
  /** Time between the stop signal and closing the listener, so that load balancers see `/readyz` answer 503. */
  drainMs: wholeNumber(0, 3000, ' (ms)').default(1000),
})

/** The configuration file of one gateway. Unknown keys are errors, so that a misspelled key is noticed. */
export const gatewayConfigSchema = z
  .strictObject({
    /** Names this server in every answer. */
    name: z.string({ error: 'must be text' }).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
      error: 'must be 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", and begin with a letter or a digit',
    }),
    /** Names this version of the file: `/readyz` shows the one in use. */
    revision: z
      .string({ error: 'must be text' })
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, {
        error: 'must be 1 to 128 of A-Z, a-z, 0-9, ".", "_", ":" and "-", and begin with a letter or a digit',
      })
      .exactOptional(),
    /** The digest that `holdfast render` wrote. It shows whether the file was edited afterwards: see `rendered.ts`. */
    renderedDigest: text.exactOptional(),
    /** The data centre whose tokens this gateway accepts. */
    dataCentre: z.string({ error: 'must be text' }).regex(/^[a-z0-9-]{1,64}$/, {
      error: 'must be 1 to 64 of a-z, 0-9 and "-"',
    }),
    /** Port 0 selects any free port. */
    listen: z.strictObject({ host: text, port: wholeNumber(0, 65_535) }),
    /** Users with their hashed passwords. Optional when `identities` names another way to log in. */
    usersFile: text.exactOptional(),
    identities: identitiesSchema.prefault({}),
    /** Other sites to which a browser may return after its login. */
    returnOrigins: z.array(origin, { error: 'must be a list of origins' }).default([]),
    /** True sends the cookie over HTTPS only. False is for development on this machine only. */
    secureCookies: z.boolean({ error: 'must be true or false' }).default(true),
    /**
     * One login for all hosts of this domain: the cookie is sent to each of them. Every one of them can then read the token and
     * plant another one (docs/identities.md).
     */
    cookieDomain: domain.exactOptional(),
    store,
    access: accessSchema.exactOptional(),
    forwardAuth: forwardAuthSchema.prefault({}),
    oauth: oauthSchema.exactOptional(),
    limits: limits.prefault({}),
    trustedProxies: trustedProxies.default([]),
    loginLimits: loginLimitsSchema.prefault({}),
    sessions: sessionsSchema.prefault({}),
    processes,
    audit: audit.prefault({}),
    metrics: metrics.prefault({}),
    admin: adminSchema.exactOptional(),
  })
  .refine((config) => config.secureCookies || isLoopback(config.listen.host), {
    path: ['secureCookies'],
    error:
      'may be false only when `listen.host` is a loopback address (127.0.0.0/8, ::1 or localhost), because ' +
      'other machines would send the login cookie unencrypted; set it to true and put an HTTPS proxy in front',
  })
  .refine(({ cookieDomain, secureCookies }) => cookieDomain === undefined || secureCookies, {
    path: ['cookieDomain'],
    error: 'needs `secureCookies: true`',
  })
  .refine(
    ({ cookieDomain, returnOrigins, identities: { oidc } }) => {
      if (cookieDomain === undefined) return true
      // A public suffix such as "co.uk" is left to the browsers, which refuse its cookies.
      const isHere = (origin: string) => isWithin(origin, cookieDomain)
      return returnOrigins.some(isHere) && (oidc === undefined || isHere(oidc.publicUrl))
    },
    {
      path: ['cookieDomain'],
      error:
        'must be the domain of at least one origin of `returnOrigins`, and of `identities.oidc.publicUrl` if there is one',
    },
  )
  .refine(
    ({ usersFile, identities }) =>
      usersFile !== undefined || identities.ldap !== undefined || identities.oidc !== undefined,
    {
      path: ['usersFile'],
      error: 'is missing, and `identities` names neither `ldap` nor `oidc`, so no user could log in',
    },
  )

/** A checked configuration, with every default filled in. */
export type GatewayConfig = z.output<typeof gatewayConfigSchema>

/** The paths of the TLS files. */
export type TlsFiles = z.output<typeof tls>
