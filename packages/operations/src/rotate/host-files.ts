import type { DataCentre, Host, Site } from '@holdfast/site/file/site'
import { certifiedHosts } from '@holdfast/site/render/host-certificate'
import { configFile, TLS_FILES } from '@holdfast/site/render/host-paths'
import { proxyUserOf } from '@holdfast/site/secrets/proxy-secret'
import { type PasswordName, passwordUser } from './passwords/users.ts'

/** The files that one host of a rendered site needs when secrets are rotated. */
export interface HostDelivery {
  host: string
  /** Below the folder that `holdfast render --out` wrote, and the path on the host. Secret, except for certificates. */
  files: { from: string; to: string }[]
  /** What to do on the host after that. */
  steps: HostStep[]
}

interface HostStep {
  why: string
  command: string
}

/** Files that belong together, and how the host takes them; null when no process has to. */
interface Use {
  files: string[]
  step: HostStep | null
}

const GATEWAY_STEP: HostStep = {
  why: 'the gateway takes the new file without a restart: its log shows `config-taken`',
  command: 'systemctl reload holdfast-gateway',
}

const PROXY_STEP: HostStep = {
  why: 'the proxy takes the new files without a restart, and no connection ends',
  command: 'systemctl reload holdfast-proxy',
}

/** What only the host itself can do about new certificates, by what runs on it. */
export const CERTIFICATE_STEPS_ON_HOST = {
  redis: {
    why: 'the watchdog reads its files when it starts',
    command: 'systemctl restart holdfast-watchdog',
  },
  application: {
    why: 'the application must read its files again',
    command: 'store.renew({ tls }), or restart it',
  },
  proxy: PROXY_STEP,
} as const

/**
 * The hosts that hold some of these passwords in files, and how each takes new ones. Redis and Sentinel take theirs over
 * the network and write their own files; their seed files matter again only when a state folder is lost. Pure.
 */
export function hostPasswords(dataCentre: DataCentre, users: readonly PasswordName[]): HostDelivery[] {
  return dataCentre.hosts.flatMap((host) => deliveryOf(dataCentre, host, passwordUses(host, users)))
}

function passwordUses({ runs }: Host, users: readonly PasswordName[]): Use[] {
  const has = (...names: PasswordName[]) => names.some((name) => users.includes(name))
  const isOn = (kind: 'redis' | 'sentinel') => users.some((user) => passwordUser(user)[kind] !== null)
  const proxied = users.flatMap((user) => proxyUserOf(user) ?? [])
  const uses: [isConcerned: boolean, use: Use][] = [
    [
      runs.includes('redis') && has('admin', 'sentinelAdmin'),
      {
        files: ['host.json'],
        step: {
          why: 'the watchdog reads its passwords when it starts; Redis and Sentinel keep running',
          command: 'systemctl restart holdfast-watchdog',
        },
      },
    ],
    [runs.includes('redis') && isOn('redis'), { files: ['redis.conf', 'users.acl'], step: null }],
    [
      runs.includes('sentinel') && (isOn('sentinel') || has('sentinel')),
      { files: ['sentinel.conf'], step: null },
    ],
    [runs.includes('gateway') && has('app', 'sentinelApp'), { files: ['gateway.json'], step: GATEWAY_STEP }],
    [
      runs.includes('application') && has('app', 'sentinelApp'),
      {
        files: ['holdfast.env'],
        step: {
          why: 'the application must use the new passwords',
          command: 'store.renew(), or restart it',
        },
      },
    ],
    [
      runs.includes('application') && has('platform'),
      {
        files: ['itential/platform.properties'],
        step: { why: "Itential's platform reads them when it starts", command: 'restart the platform' },
      },
    ],
    [runs.includes('proxy') && has('app', 'sentinelApp'), { files: ['proxy.env'], step: PROXY_STEP }],
    [
      runs.includes('proxy') && proxied.length > 0,
      {
        files: proxied.map((user) => `redis-clients/${user}.env`),
        step: {
          why: 'the clients of the proxy must use the new passwords',
          command: `give the clients their new passwords (${proxied.join(', ')}), and restart them`,
        },
      },
    ],
  ]
  return uses.flatMap(([isConcerned, use]) => (isConcerned ? [use] : []))
}

/** The hosts that hold the key ring in files, and how each takes another one. Pure. */
export function hostRings(dataCentre: DataCentre): HostDelivery[] {
  return dataCentre.hosts.flatMap((host) => deliveryOf(dataCentre, host, ringUses(host)))
}

const ringUses = ({ runs }: Host): Use[] => [
  ...(runs.includes('gateway') ? [{ files: ['gateway.json'], step: GATEWAY_STEP }] : []),
  ...(runs.includes('application')
    ? [
        {
          files: ['holdfast.env'],
          step: {
            why: 'the application must use the new key ring before the rotation continues',
            command: 'store.renew({ keyring }), or restart it',
          },
        },
      ]
    : []),
]

function deliveryOf(dataCentre: DataCentre, host: Host, uses: readonly Use[]): HostDelivery[] {
  if (uses.length === 0) return []
  const files = uses
    .flatMap((use) => use.files)
    .map((name) => ({
      from: `${dataCentre.name}/${host.name}/${name}`,
      to: name.includes('/') ? 'its own configuration' : configFile(name),
    }))
  return [{ host: host.name, files, steps: uses.flatMap(({ step }) => (step === null ? [] : [step])) }]
}

/**
 * The hosts that need new certificates as files, and what each then does itself: Redis and Sentinel are changed over the
 * network. A gateway shows by the revision in its file that it uses the certificate. Pure.
 */
export function hostCertificates(site: Site, dataCentre: DataCentre): HostDelivery[] {
  return certifiedHosts(site, dataCentre).map(({ host }) => {
    const gateway = { from: `${dataCentre.name}/${host.name}/gateway.json`, to: configFile('gateway.json') }
    return {
      host: host.name,
      files: [
        ...certificateFilesOf(dataCentre, host).map(({ from, to }) => ({ from, to })),
        ...(host.runs.includes('gateway') ? [gateway] : []),
      ],
      steps: [
        ...(host.runs.includes('redis') ? [CERTIFICATE_STEPS_ON_HOST.redis] : []),
        ...(host.runs.includes('gateway') ? [GATEWAY_STEP] : []),
        ...(host.runs.includes('application') ? [CERTIFICATE_STEPS_ON_HOST.application] : []),
        ...(host.runs.includes('proxy') ? [CERTIFICATE_STEPS_ON_HOST.proxy] : []),
      ],
    }
  })
}

/** The three files of a host's certificate: below the folder of the rendered files, and on the host. Pure. */
export const certificateFilesOf = (dataCentre: DataCentre, host: Host) =>
  Object.values(TLS_FILES).map((to) => ({
    from: `${dataCentre.name}/${host.name}/tls/${to.split('/').at(-1)}`,
    to,
    isSecret: to === TLS_FILES.key,
  }))
