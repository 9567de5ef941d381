import { because, type Directive, line } from '../directive.ts'
import { SOURCE } from '../sources.ts'

const { exec, resources } = SOURCE

export interface HardeningOptions {
  /** Compiles code while it runs, as Node does: then memory may be writable and executable. */
  compiles: boolean
  /** The only addresses that it may exchange packets with besides the host itself; null for any. */
  addresses: string[] | null
}

/** What takes from a service all that it does not need. `systemd-analyze security` gives a number to the rest. */
export function hardening({ compiles, addresses }: HardeningOptions): Directive[] {
  return [
    line('NoNewPrivileges', 'yes', 'No program that it starts can be more than it is.', exec),
    line('CapabilityBoundingSet', '', 'No capability of root, whatever happens.', exec),
    line('ProtectSystem', 'strict', 'It can write into its own folders, and nowhere else.', exec),
    ...because('It sees nothing of the users, their files and other processes.', exec, [
      ['ProtectHome', 'yes'],
      ['PrivateTmp', 'yes'],
      ['PrivateUsers', 'yes'],
      ['ProtectProc', 'invisible'],
      ['ProcSubset', 'pid'],
      ['UMask', '0077'],
      ['RemoveIPC', 'yes'],
    ]),
    line(
      'LimitCORE',
      '0',
      'What it holds in memory, passwords and keys too, is never written to a disk.',
      exec,
    ),
    ...because('It reaches no device, no kernel setting, no clock, no control group.', exec, [
      ['PrivateDevices', 'yes'],
      ['DevicePolicy', 'closed'],
      ['ProtectKernelTunables', 'yes'],
      ['ProtectKernelModules', 'yes'],
      ['ProtectKernelLogs', 'yes'],
      ['ProtectControlGroups', 'yes'],
      ['ProtectClock', 'yes'],
      ['ProtectHostname', 'yes'],
    ]),
    ...because('It uses the network, and no other kind of socket, namespace or scheduling.', exec, [
      ['RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX'],
      ['RestrictNamespaces', 'yes'],
      ['RestrictRealtime', 'yes'],
      ['RestrictSUIDSGID', 'yes'],
      ['LockPersonality', 'yes'],
    ]),
    ...because(
      'System calls that a service needs, and none for administration; others fail with EPERM.',
      exec,
      [
        ['SystemCallArchitectures', 'native'],
        ['SystemCallFilter', '@system-service'],
        ['SystemCallFilter', '~@privileged @resources'],
        ['SystemCallErrorNumber', 'EPERM'],
      ],
    ),
    ...(compiles
      ? []
      : [line('MemoryDenyWriteExecute', 'yes', 'It never runs what it has written into memory.', exec)]),
    ...(addresses === null
      ? []
      : because(
          'A second wall behind the firewall: the kernel drops packets from and to anybody else.',
          resources,
          [
            ['IPAddressDeny', 'any'],
            ['IPAddressAllow', ['localhost', ...addresses].join(' ')],
          ],
        )),
  ]
}
