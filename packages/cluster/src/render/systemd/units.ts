import type { DataCentre, Host, Profile, Site } from '../../site/site.ts'
import { because, type Directive, line } from '../directive.ts'
import type { Document } from '../document.ts'
import { ESSENTIALS } from '../essentials.ts'
import { unit } from '../formats.ts'
import { configFile, PROGRAM, STARTED_WITH, serverProgram, stateOf, TUNNEL_INTERFACE } from '../host-paths.ts'
import { runsAny, TOKEN_SERVICES, tokenAddress, tokenHosts } from '../placement.ts'
import { SOURCE } from '../sources.ts'
import type { ServiceName } from './exposure.ts'
import { hardening } from './hardening.ts'
import { account, HEADING, serviceHeading, startsBehind } from './parts.ts'
import { rotationUnits } from './rotation-units.ts'
import type { Unit } from './unit.ts'

export type { Unit } from './unit.ts'

const { measured, holdfast, exec, service, unit: unitManual } = SOURCE

/** The units of one host: what runs there, and what it needs first. */
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
    ...(runs.includes('operator') && !documented ? rotationUnits(site, dataCentre, host, context.needs) : []),
  ]
}

const STUNNEL = 'holdfast-stunnel.service'

const named = (name: string, document: Document): Unit => ({ name, document })

interface Context {
  site: Site
  /** Every host with which tokens may travel. */
  addresses: string[]
  /** Those with which Redis and Sentinel speak themselves: none but this host's, where stunnel speaks for them. */
  ownAddresses: string[]
  /** Units without which nothing may start. */
  needs: string[]
}

function redis({ site, ownAddresses, needs }: Context, documented: boolean): Document {
  const state = stateOf('redis')
  const server = `${serverProgram(site.engine)} ${STARTED_WITH.redis}`
  return serviceUnit('holdfast-redis.service', 'Redis of the token store', needs, [
    ...account('holdfast-redis', 'holdfast/redis'),
    ...seeded(state, site.profile, documented ? ['redis.conf'] : ['redis.conf', 'users.acl']),
    ...(documented
      ? [line('ExecStart', server, 'Redis, with the file that it rewrites.', service)]
      : [
          line('RuntimeDirectory', 'holdfast-redis', 'Where the guard says how Redis is to start.', exec),
          line(
            'ExecStartPre',
            `${PROGRAM.holdfast} guard --config %d/host.json --write %t/holdfast-redis/start.env --boot-id %b`,
            'Waits until this Redis may start, and as what: never as the primary when another may have more data.',
            measured,
          ),
          line('LoadCredential', `host.json:${configFile('host.json')}`, 'What the guard asks with.', exec),
          line(
            'ExecStart',
            `/bin/sh -c 'read -r start <%t/holdfast-redis/start.env && set -f && exec ${server} $\${start#HOLDFAST_START=}'`,
            'Redis, with the file that it rewrites, as the guard has decided. Read by this user: with EnvironmentFile= systemd, as root, would open whatever this user has put there.',
            service,
          ),
          line(
            'ExecStopPost',
            `/bin/sh -c 'case "$SERVICE_RESULT $EXIT_CODE" in "success exited") rm -f ${state}/started ;; success*) ;; *) touch ${state}/crashed ;; esac'`,
            'After a crash the guard waits for the failover that the watchdog asks for. The file that it leaves, unless Redis stopped well, shows a power cut.',
            measured,
          ),
          line(
            'TimeoutStartSec',
            'infinity',
            'A guard that holds an empty primary back waits for a failover, however long.',
            holdfast,
          ),
        ]),
    line('Restart', 'always', 'A crashed Redis comes back, behind the guard, as a replica.', service),
    line('RestartSec', '1', 'Not in a busy loop.', service),
    line('TimeoutStopSec', '60', 'Time to write the last data to the disk.', service),
    line('LimitNOFILE', '65536', 'A connection is a file.', exec),
    line('OOMScoreAdjust', '-900', 'Among the last that the kernel ends when memory is short.', exec),
    // The guard runs in Node, under the same filter as Redis.
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
      'Sentinel, with the file that it rewrites.',
      service,
    ),
    line('Restart', 'always', 'Two of three must be there for a failover.', service),
    line('RestartSec', '1', 'Not in a busy loop.', service),
    line('LimitNOFILE', '65536', 'A connection is a file.', exec),
    line('OOMScoreAdjust', '-900', 'Among the last that the kernel ends when memory is short.', exec),
    ...hardening({ compiles: false, addresses: ownAddresses }),
  ])
}

function watchdog({ ownAddresses, needs }: Context): Document {
  return serviceUnit('holdfast-watchdog.service', 'Watchdog of the token store', needs, [
    ...account('holdfast-watchdog', null),
    line(
      'LoadCredential',
      `host.json:${configFile('host.json')}`,
      'Its passwords come from root, and are readable by it alone.',
      exec,
    ),
    line(
      'ExecStart',
      `${PROGRAM.holdfast} watchdog --config %d/host.json`,
      'When the process of the primary ends it asks for the failover at once, instead of letting down-after pass.',
      measured,
    ),
    line('Restart', 'always', 'It is needed just when things break.', service),
    line('RestartSec', '1', 'Not in a busy loop.', service),
    ...hardening({ compiles: true, addresses: ownAddresses }),
  ])
}

function gateway({ needs }: Context): Document {
  return serviceUnit('holdfast-gateway.service', 'Holdfast gateway', needs, [
    ...account('holdfast-gateway', 'holdfast/gateway'),
    line('RuntimeDirectory', 'holdfast-gateway', 'A place for the socket of its administrators.', exec),
    line('LogsDirectory', 'holdfast', 'A place for its audit log.', exec),
    line('LogsDirectoryMode', '0700', 'Nobody else reads it.', exec),
    line('Type', 'notify', 'It has started when it serves, and not before.', service),
    line('NotifyAccess', 'all', 'The program `systemd-notify` speaks for it.', service),
    line(
      'WatchdogSec',
      '30',
      'One that hangs is ended, and started again; its processes it watches itself.',
      service,
    ),
    line(
      'ExecStart',
      `${PROGRAM.holdfast} gateway --config ${configFile('gateway.json')}`,
      "The gateway. The file is root's, and readable by this service alone: root copies nothing to where the service writes.",
      service,
    ),
    line(
      'ExecReload',
      '/bin/kill -HUP $MAINPID',
      'It reads its file again, and takes new secrets without a restart.',
      holdfast,
    ),
    line('Restart', 'always', 'The balancer has others meanwhile.', service),
    line('RestartSec', '1', 'Not in a busy loop.', service),
    line('TimeoutStopSec', '30', 'It finishes its requests first.', service),
    line('LimitNOFILE', '65536', 'A connection is a file.', exec),
    // Browsers' requests come from balancers that the firewall names.
    ...hardening({ compiles: true, addresses: null }),
  ])
}

function stunnel({ addresses, needs }: Context): Document {
  const others = needs.filter((name) => name !== STUNNEL)
  return serviceUnit('holdfast-stunnel.service', 'Tunnels of the token store', others, [
    ...account('holdfast-stunnel', null),
    line('SupplementaryGroups', 'holdfast-tls', 'It may read the key of this host.', exec),
    line(
      'ExecStart',
      `${PROGRAM.stunnel} ${configFile('stunnel.conf')}`,
      'TLS for what Redis and Sentinel say in clear.',
      SOURCE.stunnel,
    ),
    line('Restart', 'always', 'Without it this host is cut off.', service),
    line('RestartSec', '1', 'Not in a busy loop.', service),
    line('LimitNOFILE', '65536', 'A connection is two files.', exec),
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
          line('Description', 'Firewall of the token store', 'What it is.', unitManual),
          ...because('It stands before anything is reachable.', unitManual, [
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
          line('Type', 'oneshot', 'It loads rules and is done.', service),
          line('RemainAfterExit', 'yes', 'What needs it can tell that it was done.', service),
          line('ExecStart', load, 'In one transaction: there is no moment without rules.', SOURCE.nft),
          line('ExecReload', load, 'The same again.', SOURCE.nft),
          line('CapabilityBoundingSet', 'CAP_NET_ADMIN', 'The one thing that it needs from root.', exec),
          line('NoNewPrivileges', 'yes', 'No program that it starts can be more than it is.', exec),
          line('ProtectSystem', 'strict', 'It writes no file.', exec),
          line('ProtectHome', 'yes', 'It sees nothing of the users.', exec),
        ],
      },
      INSTALL,
    ],
  }
}

const INSTALL = {
  title: 'Install',
  directives: [line('WantedBy', 'multi-user.target', 'It starts with the host.', unitManual)],
}

function serviceUnit(
  name: ServiceName,
  description: string,
  needs: readonly string[],
  directives: Directive[],
): Document {
  return {
    heading: serviceHeading(name),
    format: unit,
    blocks: [
      {
        title: 'Unit',
        directives: [
          line('Description', description, 'What it is.', unitManual),
          ...startsBehind(needs, {
            after: 'The addresses that it listens on must be there.',
            requires: 'Never without what closes its ports and protects its traffic.',
          }),
          line(
            'StartLimitIntervalSec',
            '0',
            'It is tried again for ever: nobody stands by at night.',
            unitManual,
          ),
        ],
      },
      { title: 'Service', directives },
      INSTALL,
    ],
  }
}

/** Puts a file into the state folder when it is not there yet: afterwards it belongs to Redis or Sentinel. */
function seeded(folder: string, profile: Profile, names: readonly SeededFile[]): Directive[] {
  return names.flatMap((name) => [
    line(
      'LoadCredential',
      `${name}:${configFile(name)}`,
      'It holds passwords: root hands it over, and no other service sees it.',
      exec,
    ),
    line(
      'ExecStartPre',
      `/bin/sh -c '${isWhole(`${folder}/${name}`, name, profile)} || cp --no-preserve=mode --backup=numbered %d/${name} ${folder}/${name}'`,
      'Seeded once, and again when a power cut has emptied it or cut off what keeps strangers out: writing the file again after a failover made two primaries and lost acknowledged writes.',
      measured,
    ),
  ])
}

type SeededFile = keyof typeof ESSENTIALS | 'users.acl'

/** For a shell: the file has what the program must not start without. The guard looks at the users. */
function isWhole(path: string, name: SeededFile, profile: Profile): string {
  const patterns =
    name === 'users.acl' ? ['[[:alnum:]]'] : ESSENTIALS[name][profile].map((line) => `^${line}`)
  return patterns.map((pattern) => `grep -qas "${pattern}" ${path}`).join(' && ')
}

/** The folder in which systemd looks for units of the host's administrator. */
export const UNIT_FOLDER = '/etc/systemd/system'
