import { formatAddress } from '@holdfast/tokens/redis'
import { proxyAddresses, proxySettings } from '../../file/proxy-settings.ts'
import type { Host, Site } from '../../file/site.ts'
import { type Document, line } from '../document.ts'
import { unit } from '../formats.ts'
import { configFile, PROGRAM, TLS_FILES } from '../host-paths.ts'
import { SOURCE } from '../sources.ts'
import { hardening } from './hardening.ts'
import { account, HEADING, renderedBy, serviceUnit, type Unit } from './parts.ts'

const { holdfast, exec, service, socket: socketManual, unit: unitManual } = SOURCE

const SERVICE = 'holdfast-proxy.service'
const SOCKET = 'holdfast-proxy.socket'

interface ProxyContext {
  /** The addresses of other hosts to which it connects. */
  ownAddresses: string[]
  /** The units that every service requires. */
  needs: string[]
}

/**
 * The units of a Redis proxy. systemd keeps the sockets open while the proxy restarts, so that new connections wait
 * instead of being refused.
 */
export const proxyUnits = (site: Site, host: Host, context: ProxyContext): Unit[] => [
  { name: SERVICE, document: proxyService(site, host, context) },
  { name: SOCKET, document: proxySocket(site) },
]

function proxyService(site: Site, { address }: Host, { ownAddresses, needs }: ProxyContext): Document {
  const settings = proxySettings(site)
  const { metrics, tls } = settings
  const { sentinelClients } = proxyAddresses(settings)
  const command = [
    `${PROGRAM.holdfast} proxy --env-file ${configFile('proxy.env')} --listen ${settings.listen}`,
    ...(sentinelClients === null ? [] : [`--sentinel-listen ${settings.sentinelListen}`]),
    `--reads ${settings.reads} --hold ${settings.holdMs}`,
    ...(metrics === undefined
      ? []
      : [`--metrics-listen ${formatAddress({ host: address, port: metrics.port })}`]),
    ...(tls === undefined
      ? []
      : [
          `--tls-listen ${formatAddress({ host: address, port: tls.port })}`,
          `--tls-cert ${TLS_FILES.certificate} --tls-key ${TLS_FILES.key}`,
        ]),
  ]
  return serviceUnit(
    SERVICE,
    'Holdfast Redis proxy',
    [...needs, SOCKET],
    [
      ...account('holdfast-proxy', null),
      line('Type', 'notify', 'The unit counts as started when the proxy accepts clients.', service),
      line('NotifyAccess', 'all', 'The proxy notifies systemd with the program `systemd-notify`.', service),
      line('WatchdogSec', '30', 'systemd restarts a proxy that hangs.', service),
      renderedBy(),
      line(
        'ExecStart',
        command.join(' '),
        'Starts the proxy with the sockets of the socket unit. It names the address in --listen to clients that ask Sentinels. root owns the file and only this service can read it. A credential of systemd would keep the old passwords until a restart.',
        holdfast,
      ),
      line(
        'ExecReload',
        '/bin/kill -HUP $MAINPID',
        'Reads the file again, and uses new passwords and certificates: no connection ends.',
        holdfast,
      ),
      line('Restart', 'always', 'Without it, its clients have no Redis.', service),
      line('RestartSec', '100ms', 'Prevents a busy loop. Clients wait for it.', service),
      line(
        'TimeoutStopSec',
        '30',
        'Time to give the answers of commands that are under way. Writes without an answer may be done twice by clients that send them again.',
        service,
      ),
      line('LimitNOFILE', '65536', 'Every connection is an open file.', exec),
      ...hardening({
        compiles: true,
        addresses: [...new Set([...ownAddresses, ...(metrics?.from ?? []), ...(tls?.from ?? [])])],
      }),
    ],
  )
}

function proxySocket(site: Site): Document {
  const settings = proxySettings(site)
  const { sentinelClients } = proxyAddresses(settings)
  return {
    heading: HEADING,
    format: unit,
    blocks: [
      {
        title: 'Unit',
        directives: [
          line(
            'Description',
            'Sockets of the Holdfast Redis proxy',
            'The name in systemctl and in the journal.',
            unitManual,
          ),
        ],
      },
      {
        title: 'Socket',
        directives: [
          line('ListenStream', settings.listen, 'The first socket: clients of Redis.', socketManual),
          ...(sentinelClients === null
            ? []
            : [
                line(
                  'ListenStream',
                  settings.sentinelListen,
                  'The second socket: clients that ask Sentinels for the primary.',
                  socketManual,
                ),
              ]),
          line('NoDelay', 'yes', 'Answers are short, and must not wait for more.', socketManual),
          line(
            'TriggerLimitIntervalSec',
            '0',
            'Connections that wait must not make systemd give up the socket. RestartSec of the service prevents a busy loop.',
            socketManual,
          ),
        ],
      },
      {
        title: 'Install',
        directives: [line('WantedBy', 'sockets.target', 'Listens when the host boots.', unitManual)],
      },
    ],
  }
}
