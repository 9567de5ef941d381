import { dirname, resolve } from 'node:path'
import { MOST_DAYS } from '../../certificates/days.ts'
import { ClusterError } from '../../errors.ts'
import { ROTATION_LIMITS } from '../../secrets/limits.ts'
import type { DataCentre, Host, Site } from '../../site/site.ts'
import { line } from '../directive.ts'
import type { Document } from '../document.ts'
import { unit } from '../formats.ts'
import { CERTIFICATES, DELIVERY, PROGRAM, SITE_FILE, TLS_FILES } from '../host-paths.ts'
import { SOURCE } from '../sources.ts'
import { hardening } from './hardening.ts'
import { account, HEADING, serviceHeading, startsBehind } from './parts.ts'
import type { Unit } from './unit.ts'

const { holdfast, exec, service: serviceManual, timer, unit: unitManual } = SOURCE
const STATE = 'holdfast/operator'

/** One rotation by the calendar. */
interface Rotation {
  /** What is rotated, as `holdfast rotate` calls it. */
  what: 'passwords' | 'certificates'
  /** The command without what every rotation takes. */
  command: string
  /** What it does to the data centre meanwhile. */
  why: string
  /** Folders that it changes, and why. */
  writes: { folder: string; why: string }[]
  /** What must be there before it begins: a test of the shell, and what is said where it fails. */
  needs: { test: string; otherwise: string }[]
  calendar: string
  whyThen: string
}

/**
 * What rotates the passwords of a data centre and renews its certificates on the host that operates it, by the calendar;
 * nothing where its secrets are in no file, which no command can change then. `needs` are units without which nothing may start.
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
    // Those of stunnel are read at a signal of their own host, which no network protocol brings.
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
  otherwise: `${DELIVERY} cannot be run: put there what brings files to the hosts.`,
}

function passwords({ transport, rotation: limits = ROTATION_LIMITS }: Site, folder: string): Rotation {
  return {
    what: 'passwords',
    command: `--yes${transport === 'tls' ? ` --certificates ${dirname(TLS_FILES.certificate)}` : ''}`,
    why: 'Old and new passwords are both valid until all use the new.',
    writes: [
      { folder: unitPath(folder), why: 'Its secrets, which it replaces, and its journal beside them.' },
    ],
    needs: [DELIVERS],
    calendar: calendarFor(limits.usersDays),
    whyThen: 'Twice at least within the days after which passwords are too old: one time may fail.',
  }
}

/** So long before the doctor would warn they are renewed: a week of attempts (in days). */
const EARLIER_DAYS = 7
const DEFAULT_DAYS = 90

function certificates(
  { rotation: limits = ROTATION_LIMITS }: Site,
  { name }: DataCentre,
  host: Host,
  folder: string,
): Rotation {
  const within = Math.min(limits.certificateDaysLeft + EARLIER_DAYS, MOST_DAYS - 1)
  // Else they would be due again at once.
  const days = Math.min(Math.max(DEFAULT_DAYS, 2 * within), MOST_DAYS)
  const key = `${CERTIFICATES}/${name}/ca.key`
  return {
    what: 'certificates',
    command: `--within ${within} --days ${days} --certificates ${CERTIFICATES} --client-cert ${host.name}`,
    why: 'Only those that end soon or have ended are renewed; old and new ones believe each other.',
    writes: [
      // It may be missing: what says so clearly comes after.
      { folder: `-${CERTIFICATES}`, why: 'The certificates that it issues, and its journal beside them.' },
      { folder: unitPath(folder), why: 'The revision of the secrets, by which gateways show what they use.' },
    ],
    needs: [
      DELIVERS,
      {
        test: `-r ${key}`,
        otherwise: `${key} cannot be read: this host renews certificates only where it has the authority.`,
      },
    ],
    calendar: 'daily',
    whyThen: `${EARLIER_DAYS} days before the doctor would warn they are due: some times may fail.`,
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
            'What it is.',
            unitManual,
          ),
          ...startsBehind(needs, {
            after: 'It reaches every host.',
            requires: 'Never without what protects its traffic.',
          }),
          line('StartLimitIntervalSec', '1d', 'See Restart.', unitManual),
          line('StartLimitBurst', '5', 'See Restart.', unitManual),
        ],
      },
      {
        title: 'Service',
        directives: [
          line('Type', 'oneshot', 'It rotates and is done.', serviceManual),
          ...account('holdfast-operator', STATE),
          line(
            'Environment',
            `XDG_STATE_HOME=%S/${STATE}`,
            'What an operation remembers, and which one is under way.',
            holdfast,
          ),
          ...rotation.writes.map(({ folder, why }) => line('ReadWritePaths', folder, why, exec)),
          ...rotation.needs.map(({ test, otherwise }) =>
            line(
              'ExecStartPre',
              `/bin/sh -c 'test ${test} || { echo "${otherwise}" >&2; exit 1; }'`,
              'Without it nothing is begun, and the unit fails, which is seen; after a mere Assert= it would not be failed.',
              unitManual,
            ),
          ),
          line('ExecStart', command.join(' '), rotation.why, holdfast),
          line(
            'TimeoutStartSec',
            '1h',
            'It waits for many processes; broken off, it goes on where it was.',
            serviceManual,
          ),
          line(
            'Restart',
            'on-failure',
            'One that was stopped half-way goes on, a few times a day.',
            serviceManual,
          ),
          line('RestartSec', '15min', 'Whoever was away may be back then.', serviceManual),
          // What brings files to the hosts may need others than those of the data centre.
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
        directives: [line('Description', `When ${name} gets new ${what}`, 'What it is.', unitManual)],
      },
      {
        title: 'Timer',
        directives: [
          line('OnCalendar', calendar, whyThen, timer),
          line('Persistent', 'true', 'A time that passed while the host was off is made up for.', timer),
          line('RandomizedDelaySec', '6h', 'Not all data centres at the same moment.', timer),
        ],
      },
      {
        title: 'Install',
        directives: [line('WantedBy', 'timers.target', 'It counts from the start of the host.', unitManual)],
      },
    ],
  }
}

/**
 * A path in a list of paths of a unit: quoted, with `%` doubled, which else begins a specifier. Throws `RENDER_REFUSED` for
 * one that cannot be written there.
 */
function unitPath(path: string): string {
  const quote = path.includes('"') ? "'" : '"'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they cannot stand in a line of a unit.
  if (path.includes(quote) || /[\0-\x1f\x7f]/.test(path)) {
    throw new ClusterError(
      'RENDER_REFUSED',
      `The folder of the secrets, ${JSON.stringify(path)}, has both kinds of quotes or a control character, which no unit of systemd can name. Choose another.`,
    )
  }
  const text = path.replaceAll('%', '%%')
  return /^[\w./%@+:-]+$/.test(text) ? text : `${quote}${text}${quote}`
}

const WEEK_DAYS = 7
const MONTH_DAYS = 31

function calendarFor(usersDays: number): 'daily' | 'weekly' | 'monthly' {
  if (usersDays >= 2 * MONTH_DAYS) return 'monthly'
  return usersDays >= 2 * WEEK_DAYS ? 'weekly' : 'daily'
}
