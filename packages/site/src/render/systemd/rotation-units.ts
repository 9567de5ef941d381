import { dirname, resolve } from 'node:path'
import { MOST_DAYS } from '../../certificates/days.ts'
import { ClusterError } from '../../errors.ts'
import type { DataCentre, Host, Site } from '../../file/site.ts'
import { ROTATION_LIMITS } from '../../secrets/limits.ts'
import { type Document, line } from '../document.ts'
import { quoted, unit } from '../formats.ts'
import { CERTIFICATES, DELIVERY, PROGRAM, SITE_FILE, TLS_FILES } from '../host-paths.ts'
import { SOURCE } from '../sources.ts'
import { hardening } from './hardening.ts'
import { account, HEADING, renderedBy, serviceHeading, startsAfter, type Unit } from './parts.ts'

const { holdfast, exec, service: serviceManual, timer, unit: unitManual } = SOURCE
const STATE = 'holdfast/operator'

/** One scheduled rotation. */
interface Rotation {
  /** What is rotated: the argument of `holdfast rotate`. */
  what: 'passwords' | 'certificates'
  /** The arguments, except those that every rotation has. */
  command: string
  /** The effect on the data centre during the rotation. */
  why: string
  /** The folders that it changes, with the reason for each. */
  writes: { folder: string; why: string }[]
  /** Conditions before it starts: a shell test, and the message if it fails. */
  needs: { test: string; otherwise: string }[]
  calendar: string
  whyThen: string
}

/**
 * The units that rotate the passwords of a data centre and renew its certificates on a schedule, on the operator
 * host. Empty if no file keeps the secrets, because no command can change them then. `needs`: units that every
 * service requires.
 */
export function rotationUnits(
  site: Site,
  dataCentre: DataCentre,
  host: Host,
  needs: readonly string[],
): Unit[] {
  const { secrets } = dataCentre
  if (secrets.kind !== 'file') return []
  const folder = resolve(dirname(SITE_FILE), secrets.path)
  const rotations = [
    passwords(site, folder),
    // stunnel reads new certificates only at a signal on its own host, and no network protocol can send that.
    ...(site.transport === 'tls' ? [certificates(site, dataCentre, host, folder)] : []),
  ]
  return rotations.flatMap((rotation) => [
    { name: `${nameOf(rotation)}.service` as const, document: service(dataCentre, rotation, needs) },
    { name: `${nameOf(rotation)}.timer` as const, document: schedule(dataCentre, rotation) },
  ])
}

const nameOf = ({ what }: Rotation) => `holdfast-rotate-${what}` as const

const DELIVERS = {
  test: `-x ${DELIVERY}`,
  otherwise: `${DELIVERY} cannot be run. Put a program there that copies files to the hosts.`,
}

function passwords({ transport, rotation: limits = ROTATION_LIMITS }: Site, folder: string): Rotation {
  return {
    what: 'passwords',
    command: `--yes${transport === 'tls' ? ` --certificates ${dirname(TLS_FILES.certificate)}` : ''}`,
    why: 'Old and new passwords are both valid until every client uses the new ones.',
    writes: [
      {
        folder: unitPath(folder),
        why: 'The secrets, which the rotation replaces, and its journal beside them.',
      },
    ],
    needs: [DELIVERS],
    calendar: calendarFor(limits.usersDays),
    whyThen: 'At least twice within the maximum age of passwords, so that one run may fail.',
  }
}

/** How long before the warning of the doctor certificates are renewed: a week of attempts (in days). */
const EARLIER_DAYS = 7
const DEFAULT_DAYS = 90

function certificates(
  { rotation: limits = ROTATION_LIMITS }: Site,
  { name }: DataCentre,
  host: Host,
  folder: string,
): Rotation {
  const within = Math.min(limits.certificateDaysLeft + EARLIER_DAYS, MOST_DAYS - 1)
  // A shorter lifetime would make them due again at once.
  const days = Math.min(Math.max(DEFAULT_DAYS, 2 * within), MOST_DAYS)
  const key = `${CERTIFICATES}/${name}/ca.key`
  return {
    what: 'certificates',
    command: `--within ${within} --days ${days} --certificates ${CERTIFICATES} --client-cert ${host.name}`,
    why: 'Renews only certificates that expire soon or have expired. Old and new ones are of the same authority.',
    writes: [
      // The folder may be missing. ExecStartPre reports that with a clear message.
      {
        folder: `-${CERTIFICATES}`,
        why: 'The certificates that the rotation issues, and its journal beside them.',
      },
      {
        folder: unitPath(folder),
        why: 'The revision of the secrets. Gateways report the revision that they use.',
      },
    ],
    needs: [
      DELIVERS,
      {
        test: `-r ${key}`,
        otherwise: `${key} cannot be read. Only a host with the authority can renew certificates.`,
      },
    ],
    calendar: 'daily',
    whyThen: `Renews ${EARLIER_DAYS} days before the doctor warns, so that some runs may fail.`,
  }
}

function service(dataCentre: DataCentre, rotation: Rotation, needs: readonly string[]): Document {
  const { what } = rotation
  const command = [
    `${PROGRAM.holdfast} rotate ${what} --file ${SITE_FILE} --data-centre ${dataCentre.name}`,
    rotation.command,
    `--deliver-command ${DELIVERY}`,
  ]
  return {
    heading: serviceHeading(`${nameOf(rotation)}.service`),
    format: unit,
    blocks: [
      {
        title: 'Unit',
        directives: [
          line(
            'Description',
            `New ${what} for the token store ${dataCentre.name}`,
            'The name in systemctl and in the journal.',
            unitManual,
          ),
          ...startsAfter(needs, {
            after: 'The rotation connects to every host.',
            requires: 'Must not run without the protection of its traffic.',
          }),
          line('StartLimitIntervalSec', '1d', 'See Restart.', unitManual),
          line('StartLimitBurst', '5', 'See Restart.', unitManual),
        ],
      },
      {
        title: 'Service',
        directives: [
          line('Type', 'oneshot', 'It rotates and ends.', serviceManual),
          ...account('holdfast-operator', STATE),
          line(
            'Environment',
            `XDG_STATE_HOME=%S/${STATE}`,
            'The folder for the state and the lock of operations.',
            holdfast,
          ),
          ...rotation.writes.map(({ folder, why }) => line('ReadWritePaths', folder, why, exec)),
          ...rotation.needs.map(({ test, otherwise }) =>
            line(
              'ExecStartPre',
              `/bin/sh -c 'test ${test} || { echo "${otherwise}" >&2; exit 1; }'`,
              'If the test fails, nothing starts and the unit is marked as failed. Assert= would not mark it as failed.',
              unitManual,
            ),
          ),
          renderedBy(),
          line('ExecStart', command.join(' '), rotation.why, holdfast),
          line(
            'TimeoutStartSec',
            '1h',
            'It waits for many processes. If it is interrupted, the next run resumes it.',
            serviceManual,
          ),
          line(
            'Restart',
            'on-failure',
            'Resumes an interrupted rotation, a few times per day.',
            serviceManual,
          ),
          line('RestartSec', '15min', 'A host that was down may be up again by then.', serviceManual),
          // The program that copies files to the hosts may need addresses outside the data centre.
          ...hardening({ compiles: true, addresses: null }),
        ],
      },
    ],
  }
}

function schedule({ name }: DataCentre, { what, calendar, whyThen }: Rotation): Document {
  return {
    heading: HEADING,
    format: unit,
    blocks: [
      {
        title: 'Unit',
        directives: [
          line(
            'Description',
            `When ${name} gets new ${what}`,
            'The name in systemctl and in the journal.',
            unitManual,
          ),
        ],
      },
      {
        title: 'Timer',
        directives: [
          line('OnCalendar', calendar, whyThen, timer),
          line('Persistent', 'true', 'Runs at boot if the host was off at the scheduled time.', timer),
          line('RandomizedDelaySec', '6h', 'Data centres must not all rotate at the same moment.', timer),
        ],
      },
      {
        title: 'Install',
        directives: [line('WantedBy', 'timers.target', 'The timer starts when the host boots.', unitManual)],
      },
    ],
  }
}

/**
 * Quotes a path for a list of paths in a unit. `%` is doubled, because it starts a specifier. Throws `RENDER_REFUSED`
 * for a path that a unit cannot contain.
 */
function unitPath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they cannot stand in a line of a unit.
  if (/[\0-\x1f\x7f]/.test(path)) {
    throw new ClusterError(
      'RENDER_REFUSED',
      `The folder of the secrets, ${JSON.stringify(path)}, contains a control character. A systemd unit cannot contain such a path. Choose another folder.`,
    )
  }
  const text = path.replaceAll('%', '%%')
  return /^[\w./%@+:-]+$/.test(text) ? text : quoted(text)
}

const WEEK_DAYS = 7
const MONTH_DAYS = 31

function calendarFor(usersDays: number): 'daily' | 'weekly' | 'monthly' {
  if (usersDays >= 2 * MONTH_DAYS) return 'monthly'
  return usersDays >= 2 * WEEK_DAYS ? 'weekly' : 'daily'
}
