import { createHash } from 'node:crypto'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { GatewaySettings } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { sentinelAddress } from '../topology/topology.ts'
import { type Document, type Format, jsonEntries, textOf } from './document.ts'
import { json } from './formats.ts'
import type { LocalNode, TlsFiles } from './node-plan.ts'
import { SOURCE } from './sources.ts'

const { put, hide } = jsonEntries(SOURCE.holdfast)

export interface GatewayPlan {
  name: string
  dataCentre: string
  primaryName: string
  listen: NodeAddress
  usersFile: string
  /** The addresses of the proxies in front, whose forwarding headers the gateway trusts. */
  trustedProxies: string[]
  /** Browsers connect over HTTPS. */
  secureCookies: boolean
  /** Maximum of concurrent password checks. Null: the default of the gateway. */
  passwordChecks: number | null
  sentinels: NodeAddress[]
  /** Null: the traffic is plain, or a tunnel protects it. */
  tls: TlsFiles | null
  secrets: Secrets
  /** The settings under `gateway` of the site. */
  settings: GatewaySettings
}

/** Renders the configuration file of one gateway of a local data centre. Contains secrets: mode 0600. */
export function renderGatewayConfig(
  { plan, secrets, tls }: Omit<LocalNode, 'dataHost'>,
  name: string,
  listen: NodeAddress,
  usersFile: string,
): string {
  const { dataCentre, addresses } = plan
  return textOf(
    gatewayConfig({
      name,
      dataCentre: dataCentre.name,
      primaryName: dataCentre.primaryName,
      listen,
      usersFile,
      // The balancer connects from a loopback address that is not the one at which it listens.
      trustedProxies: ['127.0.0.0/8'],
      secureCookies: false,
      // A check takes a whole core, and all gateways of this machine share its cores. More at once delay every check.
      passwordChecks: 1,
      sentinels: addresses.dataHosts.map(sentinelAddress),
      tls,
      secrets,
      // All gateways of this machine read one users file.
      settings: { identities: { changePasswords: true } },
    }),
  )
}

/** The configuration file of one gateway, for `holdfast gateway --config`. */
export function gatewayConfig(plan: GatewayPlan): Document {
  const { secrets } = plan
  const { store = {}, trustedProxies = [], ...others } = plan.settings as MergedSettings
  const add = (settings: object) =>
    Object.entries(settings).map(([name, value]) => put(name, value, 'From `gateway` of holdfast.yaml.'))
  return {
    heading: '',
    format: withDigest,
    blocks: [
      {
        title: '',
        directives: [
          put('name', plan.name, 'Every response names this server.'),
          ...(secrets.revision === undefined
            ? []
            : [put('revision', secrets.revision, 'GET /readyz shows which secrets are in use.')]),
          put('dataCentre', plan.dataCentre, 'Tokens of other data centres are rejected here.'),
          put('listen', plan.listen, 'The balancer connects here.'),
          put('usersFile', plan.usersFile, 'The users who may log in, with hashed passwords.'),
          put(
            'trustedProxies',
            [...plan.trustedProxies, ...trustedProxies],
            'Only these proxies may set the address of the client.',
          ),
          put('secureCookies', plan.secureCookies, 'Browsers send the cookie over HTTPS only.'),
          ...(plan.passwordChecks === null
            ? []
            : [
                put(
                  'limits',
                  { passwordChecks: plan.passwordChecks },
                  'Each password check takes a whole core.',
                ),
              ]),
          ...add(others),
        ],
      },
      {
        title: 'store',
        directives: [
          put('sentinels', plan.sentinels, 'The Sentinels know the address of the primary.'),
          put('primaryName', plan.primaryName, 'The name under which the Sentinels monitor the primary.'),
          put('username', 'app', 'The ACL user of the gateway on each Redis.'),
          hide('password', secrets.app, 'The password of that user.'),
          put('sentinelUsername', 'app', 'The ACL user of the gateway on each Sentinel.'),
          hide('sentinelPassword', secrets.sentinelApp, 'The password of that user.'),
          ...(plan.tls === null
            ? []
            : [
                put(
                  'tls',
                  filesOf(plan.tls),
                  'The gateway trusts this authority only, and shows this certificate to Redis.',
                ),
              ]),
          put('groupMark', secrets.mark, 'The gateway rejects a Redis with another group id.'),
          hide('keyring', secrets.keyring, 'The keys that encrypt the data for lists of sessions.'),
          ...add(store),
        ],
      },
    ],
  }
}

/** The settings that are merged with rendered ones. */
interface MergedSettings {
  store?: object
  trustedProxies?: string[]
}

/**
 * Writes JSON that begins with a digest of everything after it. With it, a gateway detects manual changes, which the
 * next delivery would overwrite. The gateway computes the same digest (`config/rendered.ts` there).
 */
const withDigest: Format = (heading, blocks) => {
  const values = JSON.parse(json(heading, blocks)) as object
  const renderedDigest = createHash('sha256').update(JSON.stringify(values)).digest('hex')
  return `${JSON.stringify({ renderedDigest, ...values }, null, 2)}\n`
}

const filesOf = ({ authority, certificate, key }: TlsFiles) => ({
  caFile: authority,
  certFile: certificate,
  keyFile: key,
})
