import type { DataCentre, Host, Profile, Site } from '../../file/site.ts'
import { because, type Directive, type Document, line } from '../document.ts'
import { ESSENTIALS } from '../essentials.ts'
import { unit } from '../formats.ts'
import { configFile, PROGRAM, STARTED_WITH, serverProgram, stateOf, TUNNEL_INTERFACE } from '../host-paths.ts'
import { runsAny, TOKEN_SERVICES, tokenAddress, tokenHosts } from '../placement.ts'
import { SOURCE } from '../sources.ts'
import { hardening } from './hardening.ts'
import { account, HEADING, INSTALL, renderedBy, serviceUnit, type Unit } from './parts.ts'
import { proxyUnits } from './proxy-units.ts'
import { rotationUnits } from './rotation-units.ts'

const { measured, holdfast, exec, service, unit: unitManual } = SOURCE

/** The units of one host: its services, and the units that they require. */
export function unitsOf(site: Site, dataCentre: DataCentre, host: Host, hasFirewall: boolean): Unit[] {
  const addresses = tokenHosts(dataCentre).map((other) =>
    site.transport === 'wireguard' ? tokenAddress(site, other) : other.address,
  )
  const context: Context = {
    site,
    addresses,
    ownAddresses: site.transport === 'stunnel' ? [] : addresses,
    needs: [
      ...(hasFirewall ? ['holdfast-firewall.service'] : []),
      ...(site.transport === 'wireguard' ? [`wg-quick@${TUNNEL_INTERFACE}.service`] : []),
      ...(site.transport === 'stunnel' ? [STUNNEL] : []),
    ],
  }
  const { runs } = host
  const documented = site.profile === 'as-documented'
  return [
    ...(hasFirewall ? [named('holdfast-firewall.service', firewall())] : []),
    ...(site.transport === 'stunnel' && runsAny(host, TOKEN_SERVICES)
      ? [named(STUNNEL, stunnel(context))]
      : []),
    ...(runs.includes('redis') ? [named('holdfast-redis.service', redis(context, documented))] : []),
    ...(runs.includes('sentinel') ? [named('holdfast-sentinel.service', sentinel(context))] : []),
    ...(runs.includes('redis') && !documented ? [named('holdfast-watchdog.service', watchdog(context))] : []),
    ...(runs.includes('gateway') ? [named('holdfast-gateway.service', gateway(context))] : []),
    ...(runs.includes('proxy') ? proxyUnits(site, host, context) : []),
    ...(runs.includes('operator') && !documented ? rotationUnits(site, dataCentre, host, context.needs) : []),
  ]
}

const STUNNEL = 'holdfast-stunnel.service'

const named = (name: string, document: Document): Unit => ({ name, document })

interface Context {
  site: Site
  /** The addresses of every host that handles tokens. */
  addresses: string[]
  /** The addresses to which Redis and Sentinel connect themselves. Empty with stunnel, which connects for them. */
  ownAddresses: string[]
  /** The units that every service requires. */
  needs: string[]
}

function redis({ site, ownAddresses, needs }: Context, documented: boolean): Document {
  const state = stateOf('redis')
  const server = `${serverProgram(site.engine)} ${STARTED_WITH.redis}`
  return serviceUnit('holdfast-redis.service', 'Redis of the token store', needs, [
    ...account('holdfast-redis', 'holdfast/redis'),
    ...seeded(state, site.profile, documented ? ['redis.conf'] : ['redis.conf', 'users.acl']),
    ...(documented
      ? [line('ExecStart', server, 'Starts Redis with the file that it rewrites.', service)]
      : [
          line('RuntimeDirectory', 'holdfast-redis', 'The guard writes here how Redis must start.', exec),
          renderedBy(),
          line(
            'ExecStartPre',
            `${PROGRAM.holdfast} guard --config %d/host.json --write %t/holdfast-redis/start.env --boot-id %b`,
            'Waits until this Redis may start, and decides its role: never primary if another Redis may have more data.',
            measured,
          ),
          line(
            'LoadCredential',
            `host.json:${configFile('host.json')}`,
            'The configuration and passwords of the guard.',
            exec,
          ),
          line(
            'ExecStart',
            `/bin/sh -c 'read -r start <%t/holdfast-redis/start.env && set -f && exec ${server} $\${start#HOLDFAST_START=}'`,
            'Starts Redis with the file that it rewrites, in the role that the guard decided. The user of this service reads start.env: with EnvironmentFile=, systemd would open as root any file that this user put there.',
            service,
          ),
          line(
            'ExecStopPost',
            `/bin/sh -c 'case "$SERVICE_RESULT $EXIT_CODE" in "success exited") rm -f ${state}/started ;; success*) ;; *) touch ${state}/crashed ;; esac'`,
            'After a crash, the guard waits for the failover that the watchdog requests. If the file `started` is still there, Redis did not stop cleanly, for example because of a power cut.',
            measured,
          ),
          line(
            'TimeoutStartSec',
            'infinity',
            'The guard holds back an empty primary until a failover is over, without a time limit.',
            holdfast,
          ),
        ]),
    line('Restart', 'always', 'After a crash, Redis starts again as a replica, after the guard.', service),
    line('RestartSec', '1', 'Prevents a busy loop.', service),
    line('TimeoutStopSec', '60', 'Time to write the last data to the disk.', service),
    line('LimitNOFILE', '65536', 'Every connection is an open file.', exec),
    line('OOMScoreAdjust', '-900', 'The kernel kills it among the last when memory runs out.', exec),
    // The guard runs in Node, with the same restrictions as Redis.
    ...hardening({ compiles: !documented, addresses: ownAddresses }),
  ])
}

function sentinel({ site, ownAddresses, needs }: Context): Document {
  const state = stateOf('sentinel')
  return serviceUnit('holdfast-sentinel.service', 'Sentinel of the token store', needs, [
    ...account('holdfast-sentinel', 'holdfast/sentinel'),
    ...seeded(state, site.profile, ['sentinel.conf']),
    line(
      'ExecStart',
      `${serverProgram(site.engine)} ${STARTED_WITH.sentinel} --sentinel`,
      'Starts Sentinel with the file that it rewrites.',
      service,
    ),
    line('Restart', 'always', 'A failover needs two of three Sentinels.', service),
    line('RestartSec', '1', 'Prevents a busy loop.', service),
    line('LimitNOFILE', '65536', 'Every connection is an open file.', exec),
    line('OOMScoreAdjust', '-900', 'The kernel kills it among the last when memory runs out.', exec),
    ...hardening({ compiles: false, addresses: ownAddresses }),
  ])
}

function watchdog({ ownAddresses, needs }: Context): Document {
  return serviceUnit('holdfast-watchdog.service', 'Watchdog of the token store', needs, [
    ...account('holdfast-watchdog', null),
    line(
      'LoadCredential',
      `host.json:${configFile('host.json')}`,
      'systemd passes the passwords to this service only.',
      exec,
    ),
    renderedBy(),
    line(
      'ExecStart',
      `${PROGRAM.holdfast} watchdog --config %d/host.json`,
      'Requests a failover as soon as the process of the primary ends, instead of waiting for down-after-milliseconds.',
      measured,
    ),
    line('Restart', 'always', 'It is needed exactly when other processes fail.', service),
    line('RestartSec', '1', 'Prevents a busy loop.', service),
    ...hardening({ compiles: true, addresses: ownAddresses }),
  ])
}

function gateway({ needs }: Context): Document {
  return serviceUnit('holdfast-gateway.service', 'Holdfast gateway', needs, [
    ...account('holdfast-gateway', 'holdfast/gateway'),
    line('RuntimeDirectory', 'holdfast-gateway', 'The folder for the socket of the admin API.', exec),
    line('LogsDirectory', 'holdfast', 'The folder for its audit log.', exec),
    line('LogsDirectoryMode', '0700', 'No other user can read it.', exec),
    line('Type', 'notify', 'The unit counts as started when the gateway serves requests.', service),
    line('NotifyAccess', 'all', 'The gateway notifies systemd with the program `systemd-notify`.', service),
    line(
      'WatchdogSec',
      '30',
      'systemd restarts a gateway that hangs. The gateway itself watches its processes.',
      service,
    ),
    renderedBy(),
    line(
      'ExecStart',
      `${PROGRAM.holdfast} gateway --config ${configFile('gateway.json')}`,
      'Starts the gateway. root owns the file and only this service can read it, so root copies nothing to folders of the service.',
      service,
    ),
    line(
      'ExecReload',
      '/bin/kill -HUP $MAINPID',
      'Reloads the file, and uses new secrets without a restart.',
      holdfast,
    ),
    line('Restart', 'always', 'Meanwhile, the balancer uses other gateways.', service),
    line('RestartSec', '1', 'Prevents a busy loop.', service),
    line('TimeoutStopSec', '30', 'Time to finish open requests.', service),
    line('LimitNOFILE', '65536', 'Every connection is an open file.', exec),
    // Requests of browsers come from balancers, which the firewall allows.
    ...hardening({ compiles: true, addresses: null }),
  ])
}

function stunnel({ addresses, needs }: Context): Document {
  const others = needs.filter((name) => name !== STUNNEL)
  return serviceUnit('holdfast-stunnel.service', 'Tunnels of the token store', others, [
    ...account('holdfast-stunnel', null),
    line('SupplementaryGroups', 'holdfast-tls', 'May read the key of this host.', exec),
    line(
      'ExecStart',
      `${PROGRAM.stunnel} ${configFile('stunnel.conf')}`,
      'Encrypts the plain traffic of Redis and Sentinel.',
      SOURCE.stunnel,
    ),
    line('Restart', 'always', 'Without it, this host is cut off from the others.', service),
    line('RestartSec', '1', 'Prevents a busy loop.', service),
    line('LimitNOFILE', '65536', 'Every connection is two open files.', exec),
    ...hardening({ compiles: false, addresses }),
  ])
}

function firewall(): Document {
  const load = `${PROGRAM.nft} -f ${configFile('nftables.conf')}`
  return {
    heading: HEADING,
    format: unit,
    blocks: [
      {
        title: 'Unit',
        directives: [
          line(
            'Description',
            'Firewall of the token store',
            'The name in systemctl and in the journal.',
            unitManual,
          ),
          ...because('The rules are loaded before the network is up.', unitManual, [
            ['DefaultDependencies', 'no'],
            ['Wants', 'network-pre.target'],
            ['Before', 'network-pre.target shutdown.target'],
            ['Conflicts', 'shutdown.target'],
            ['After', 'nftables.service'],
          ]),
        ],
      },
      {
        title: 'Service',
        directives: [
          line('Type', 'oneshot', 'It loads the rules and ends.', service),
          line('RemainAfterExit', 'yes', 'Units that require it see that the rules are loaded.', service),
          line(
            'ExecStart',
            load,
            'Loads the rules in one transaction, so that there is no moment without rules.',
            SOURCE.nft,
          ),
          line('ExecReload', load, 'Loads the rules again.', SOURCE.nft),
          line('CapabilityBoundingSet', 'CAP_NET_ADMIN', 'The only capability of root that it needs.', exec),
          line('NoNewPrivileges', 'yes', 'A program that it starts cannot gain more rights.', exec),
          line('ProtectSystem', 'strict', 'It writes no files.', exec),
          line('ProtectHome', 'yes', 'It cannot see the files of users.', exec),
        ],
      },
      INSTALL,
    ],
  }
}

/** Copies a file to the state folder if it is missing or truncated. Redis or Sentinel rewrites it afterwards. */
function seeded(folder: string, profile: Profile, names: readonly SeededFile[]): Directive[] {
  return names.flatMap((name) => [
    line(
      'LoadCredential',
      `${name}:${configFile(name)}`,
      'The file contains passwords. systemd passes it to this service only.',
      exec,
    ),
    line(
      'ExecStartPre',
      `/bin/sh -c '${isComplete(`${folder}/${name}`, name, profile)} || cp --no-preserve=mode --backup=numbered %d/${name} ${folder}/${name}'`,
      'Copies the file once, and again only if a power cut truncated it. Copying it after a failover created two primaries and lost acknowledged writes.',
      measured,
    ),
  ])
}

type SeededFile = keyof typeof ESSENTIALS | 'users.acl'

/** A shell test: the file has the lines that the program needs. The guard checks the users. */
function isComplete(path: string, name: SeededFile, profile: Profile): string {
  const patterns =
    name === 'users.acl' ? ['[[:alnum:]]'] : ESSENTIALS[name][profile].map((line) => `^${line}`)
  return patterns.map((pattern) => `grep -qas "${pattern}" ${path}`).join(' && ')
}

/** The folder for units of the administrator. */
export const UNIT_FOLDER = '/etc/systemd/system'
