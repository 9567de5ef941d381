import { createHash } from 'node:crypto'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { GatewaySettings } from '../site/site.ts'
import { sentinelAddress } from '../topology/topology.ts'
import { jsonEntries } from './directive.ts'
import { type Document, textOf } from './document.ts'
import { type Format, json } from './formats.ts'
import type { LocalNode, TlsFiles } from './node-plan.ts'
import { SOURCE } from './sources.ts'

const { put, hide } = jsonEntries(SOURCE.holdfast)

export interface GatewayPlan {
  name: string
  dataCentre: string
  primaryName: string
  listen: NodeAddress
  usersFile: string
  /** The addresses of what stands in front: they say who asks. */
  trustedProxies: string[]
  /** Browsers come over HTTPS. */
  secureCookies: boolean
  /** Password checks that run at once; null: as many as the gateway finds good. */
  passwordChecks: number | null
  sentinels: NodeAddress[]
  /** Null: the traffic is plain, or something else protects it. */
  tls: TlsFiles | null
  secrets: Secrets
  /** What the file of the site adds. */
  settings: GatewaySettings
}

/** The configuration file of one gateway of a local data centre. Holds secrets: mode 0600. */
export function renderGatewayConfig(
  { topology, secrets, tls }: Omit<LocalNode, 'dataHost'>,
  name: string,
  listen: NodeAddress,
  usersFile: string,
): string {
  const { name: dataCentre, primaryName, dataHosts } = topology
  const sentinels = dataHosts.map(sentinelAddress)
  return textOf(
    gatewayConfig({
      name,
      dataCentre,
      primaryName,
      listen,
      usersFile,
      // The balancer, which is reached by a loopback address and comes from another one.
      trustedProxies: ['127.0.0.0/8'],
      secureCookies: false,
      // Each takes a core, and all gateways of this machine share its few: more at once only make all of them late.
      passwordChecks: 1,
      sentinels,
      tls,
      secrets,
      settings: {},
    }),
  )
}

/** The configuration file of one gateway, as `holdfast gateway --config` reads it. */
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
          put('name', plan.name, 'Names this server in every answer.'),
          ...(secrets.revision === undefined
            ? []
            : [put('revision', secrets.revision, 'GET /readyz shows it: these secrets are in use.')]),
          put('dataCentre', plan.dataCentre, 'Tokens of any other mean nothing here.'),
          put('listen', plan.listen, 'Where the balancer finds it.'),
          put('usersFile', plan.usersFile, 'Who may log in, with hashed passwords.'),
          put(
            'trustedProxies',
            [...plan.trustedProxies, ...trustedProxies],
            'Only these are believed when they say who asks.',
          ),
          put('secureCookies', plan.secureCookies, 'Browsers send the cookie over HTTPS only.'),
          ...(plan.passwordChecks === null
            ? []
            : [put('limits', { passwordChecks: plan.passwordChecks }, 'Each check takes a whole core.')]),
          ...add(others),
        ],
      },
      {
        title: 'store',
        directives: [
          put('sentinels', plan.sentinels, 'They say where the primary is.'),
          put('primaryName', plan.primaryName, 'Under this name they watch it.'),
          put('username', 'app', 'Its user on each Redis.'),
          hide('password', secrets.app, "That user's password."),
          put('sentinelUsername', 'app', 'Its user on each Sentinel.'),
          hide('sentinelPassword', secrets.sentinelApp, "That user's password."),
          ...(plan.tls === null
            ? []
            : [put('tls', filesOf(plan.tls), 'No other certificate is believed, and Redis asks for one.')]),
          put('groupMark', secrets.mark, 'A Redis with another mark is refused.'),
          hide('keyring', secrets.keyring, 'What seals the names of the sessions.'),
          ...add(store),
        ],
      },
    ],
  }
}

/** The settings that are put together with rendered ones. */
interface MergedSettings {
  store?: object
  trustedProxies?: string[]
}

/**
 * JSON that begins with a digest of all that follows, so that a gateway sees when the file was changed by hand: what was
 * added so is gone with the next delivery. A gateway reckons the same (`config/rendered.ts` there).
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
