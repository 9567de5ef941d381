import { because, type Directive, line } from '../document.ts'
import { SOURCE } from '../sources.ts'

const { exec, resources } = SOURCE

export interface HardeningOptions {
  /** Whether it compiles code at run time, as Node does. Memory may then be both writable and executable. */
  compiles: boolean
  /** The only addresses, besides the host itself, with which it may exchange packets. Null: any address. */
  addresses: string[] | null
}

/**
 * Directives that remove every right that a service does not need. `systemd-analyze security` rates the remaining
 * exposure.
 */
export function hardening({ compiles, addresses }: HardeningOptions): Directive[] {
  return [
    line('NoNewPrivileges', 'yes', 'A program that it starts cannot gain more rights.', exec),
    line('CapabilityBoundingSet', '', 'It never has a capability of root.', exec),
    line('ProtectSystem', 'strict', 'It can write only to its own folders.', exec),
    ...because('It cannot see users, their files, or other processes.', exec, [
      ['ProtectHome', 'yes'],
      ['PrivateTmp', 'yes'],
      ['PrivateUsers', 'yes'],
      ['ProtectProc', 'invisible'],
      ['ProcSubset', 'pid'],
      ['UMask', '0077'],
      ['RemoveIPC', 'yes'],
    ]),
    line('LimitCORE', '0', 'No core dumps: they would write passwords and keys to the disk.', exec),
    ...because('It cannot access devices, kernel settings, clocks or control groups.', exec, [
      ['PrivateDevices', 'yes'],
      ['DevicePolicy', 'closed'],
      ['ProtectKernelTunables', 'yes'],
      ['ProtectKernelModules', 'yes'],
      ['ProtectKernelLogs', 'yes'],
      ['ProtectControlGroups', 'yes'],
      ['ProtectClock', 'yes'],
      ['ProtectHostname', 'yes'],
    ]),
    ...because(
      'It can use network and Unix sockets, but no other sockets, namespaces or real-time scheduling.',
      exec,
      [
        ['RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX'],
        ['RestrictNamespaces', 'yes'],
        ['RestrictRealtime', 'yes'],
        ['RestrictSUIDSGID', 'yes'],
        ['LockPersonality', 'yes'],
      ],
    ),
    ...because(
      'Only system calls that a service needs, and none for administration. Others fail with EPERM.',
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
      : [line('MemoryDenyWriteExecute', 'yes', 'It cannot execute memory that it has written.', exec)]),
    ...(addresses === null
      ? []
      : because(
          'A second barrier behind the firewall: the kernel drops packets from and to all other addresses.',
          resources,
          [
            ['IPAddressDeny', 'any'],
            ['IPAddressAllow', ['localhost', ...addresses].join(' ')],
          ],
        )),
  ]
}
