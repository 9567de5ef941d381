import { readFileSync } from 'node:fs'
import { InvalidOptionError } from './errors.ts'
import { type GroupAccess, groupOptions } from './group-options.ts'
import { type NodeAddress, parseAddress } from './redis/address.ts'
import type { AddressMap } from './redis/address-map.ts'
import type { GroupOptions } from './redis/group.ts'
import { checkTls, type TlsOptions } from './redis/tls.ts'
import type { SentinelTopology } from './store/api/options.ts'

/** The variables of a rendered `holdfast.env` or `proxy.env` that say how to reach a group. */
const REQUIRED = [
  'HOLDFAST_DATA_CENTRE',
  'HOLDFAST_SENTINELS',
  'HOLDFAST_PRIMARY_NAME',
  'HOLDFAST_GROUP_MARK',
  'HOLDFAST_USERNAME',
  'HOLDFAST_PASSWORD',
  'HOLDFAST_SENTINEL_USERNAME',
  'HOLDFAST_SENTINEL_PASSWORD',
] as const

/** The variables of a data centre that encrypts its traffic with TLS: either all of them are set or none. */
const TLS_FILES = ['HOLDFAST_TLS_CA_FILE', 'HOLDFAST_TLS_CERT_FILE', 'HOLDFAST_TLS_KEY_FILE'] as const

/** An address map as JSON, on a host that reaches the servers at other addresses than they announce. */
const ADDRESS_MAP = 'HOLDFAST_ADDRESS_MAP'

type Variable = (typeof REQUIRED)[number] | (typeof TLS_FILES)[number]

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads how to reach a group, for a program that writes something else than tokens. Throws `INVALID_OPTION` and names the
 * variable.
 */
export const groupOptionsFromEnvironment = (environment: Environment): Omit<GroupOptions, 'onFailover'> =>
  groupOptions(groupAccessFrom(environment))

/** The files that an environment names: a program that follows changes of secrets looks at them too. */
export const groupFilesOf = (environment: Environment): string[] =>
  TLS_FILES.flatMap((name) => environment[name] || [])

/** `alsoRequired`: the names of other variables that must be set. Throws `INVALID_OPTION`. */
export function groupAccessFrom(
  environment: Environment,
  ...alsoRequired: string[]
): GroupAccess & SentinelTopology {
  const missing = [...REQUIRED, ...alsoRequired].filter((name) => !environment[name])
  if (missing.length > 0) {
    throw new InvalidOptionError(
      `The environment lacks ${missing.join(', ')}. Start the application with the variables of the rendered ` +
        'holdfast.env: EnvironmentFile= in its systemd unit, or `node --env-file`.',
    )
  }
  const read = (name: Variable) => environment[name] ?? ''
  const tls = tlsFrom(environment)
  const addressMap = environment[ADDRESS_MAP]
  return {
    dataCentre: read('HOLDFAST_DATA_CENTRE'),
    sentinels: sentinelsFrom(read('HOLDFAST_SENTINELS')),
    primaryName: read('HOLDFAST_PRIMARY_NAME'),
    groupMark: read('HOLDFAST_GROUP_MARK'),
    username: read('HOLDFAST_USERNAME'),
    password: read('HOLDFAST_PASSWORD'),
    sentinelUsername: read('HOLDFAST_SENTINEL_USERNAME'),
    sentinelPassword: read('HOLDFAST_SENTINEL_PASSWORD'),
    ...(tls === null ? {} : { tls }),
    ...(addressMap ? { addressMap: addressMapFrom(addressMap) } : {}),
  }
}

const sentinelsFrom = (text: string): NodeAddress[] =>
  text.split(',').map((part) => {
    const address = parseAddress(part.trim())
    if (address !== null) return address
    throw new InvalidOptionError(
      'HOLDFAST_SENTINELS must be addresses with ports, separated by commas, such as ' +
        `"10.20.0.11:26379,[fd00::12]:26379", got "${part}".`,
    )
  })

/** `createRedisStore` checks its content. */
function addressMapFrom(text: string): AddressMap {
  try {
    return JSON.parse(text) as AddressMap
  } catch {
    throw new InvalidOptionError(
      `${ADDRESS_MAP} must be JSON, such as '{"10.0.0.1:6379":{"host":"redis-1.example.org","port":6379}}', got '${text}'.`,
    )
  }
}

function tlsFrom(environment: Environment): TlsOptions | null {
  const missing = TLS_FILES.filter((name) => !environment[name])
  if (missing.length === TLS_FILES.length) return null
  if (missing.length > 0) {
    throw new InvalidOptionError(
      `The environment lacks ${missing.join(' and ')}. Give all of ${TLS_FILES.join(', ')}, or none.`,
    )
  }
  const [ca, cert, key] = TLS_FILES.map((name) => readNamed(name, environment[name] ?? ''))
  return explained(`The files that ${TLS_FILES.join(', ')} name cannot be used`, () =>
    checkTls({ ca, cert, key } as TlsOptions),
  )
}

function readNamed(variable: Variable, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new InvalidOptionError(
      `${variable} names ${file}, which cannot be read (${code}). Put the file there, and let this user read it.`,
      { cause },
    )
  }
}

/** Puts the name of the variable before the reason why its value is wrong. */
export function explained<T>(what: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error
    throw new InvalidOptionError(`${what}: ${error.message}`)
  }
}
