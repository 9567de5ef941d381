import { dirname, resolve } from 'node:path'
import { ClusterError } from '../../errors.ts'
import { ROTATION_LIMITS } from '../../secrets/limits.ts'
import type { DataCentre, Site } from '../../site/site.ts'
import { line } from '../directive.ts'
import type { Document } from '../document.ts'
import { unit } from '../formats.ts'
import { DELIVERY, PROGRAM, SITE_FILE, TLS_FILES } from '../host-paths.ts'
import { SOURCE } from '../sources.ts'
import { hardening } from './hardening.ts'
import { account, HEADING, serviceHeading, startsBehind } from './parts.ts'
import type { Unit } from './unit.ts'

const { holdfast, exec, service, timer, unit: unitManual } = SOURCE
const NAME = 'holdfast-rotate-passwords'
const STATE = 'holdfast/operator'

/**
 * What rotates the passwords of a data centre on the host that operates it, by the calendar; nothing where its secrets
 * are in no file, which no command can change then. `needs` are units without which nothing may start.
 */
export function rotationUnits(site: Site, dataCentre: DataCentre, needs: readonly string[]): Unit[] {
  const { secrets } = dataCentre
  if (secrets.kind !== 'file') return []
  const folder = resolve(dirname(SITE_FILE), secrets.path)
  return [
    { name: `${NAME}.service`, document: rotation(site, dataCentre, folder, needs) },
    { name: `${NAME}.timer`, document: schedule(site, dataCentre) },
  ]
}

function rotation(site: Site, dataCentre: DataCentre, folder: string, needs: readonly string[]): Document {
  const command = [
    `${PROGRAM.holdfast} rotate passwords --yes --file ${SITE_FILE} --data-centre ${dataCentre.name}`,
    ...(site.transport === 'tls' ? [`--certificates ${dirname(TLS_FILES.certificate)}`] : []),
    `--deliver-command ${DELIVERY}`,
  ]
  return {
    heading: serviceHeading(`${NAME}.service`),
    format: unit,
    blocks: [
      {
        title: 'Unit',
        directives: [
          line(
            'Description',
            `New passwords for the token store ${dataCentre.name}`,
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
          line('Type', 'oneshot', 'It rotates and is done.', service),
          ...account('holdfast-operator', STATE),
          line(
            'Environment',
            `XDG_STATE_HOME=%S/${STATE}`,
            'What an operation remembers, and which one is under way.',
            holdfast,
          ),
          line(
            'ReadWritePaths',
            unitPath(folder),
            'Its secrets, which it replaces, and its journal beside them.',
            exec,
          ),
          line(
            'ExecStartPre',
            `/bin/sh -c 'test -x ${DELIVERY} || { echo "${DELIVERY} cannot be run: put there what brings files to the hosts." >&2; exit 1; }'`,
            'Without it nothing is begun, and the unit fails, which is seen; after a mere Assert= it would not be failed.',
            unitManual,
          ),
          line(
            'ExecStart',
            command.join(' '),
            'Old and new passwords are both valid until all use the new.',
            holdfast,
          ),
          line(
            'TimeoutStartSec',
            '1h',
            'It waits for many processes; broken off, it goes on where it was.',
            service,
          ),
          line('Restart', 'on-failure', 'One that was stopped half-way goes on, a few times a day.', service),
          line('RestartSec', '15min', 'Whoever was away may be back then.', service),
          // What brings files to the hosts may need others than those of the data centre.
          ...hardening({ compiles: true, addresses: null }),
        ],
      },
    ],
  }
}

function schedule({ rotation: limits = ROTATION_LIMITS }: Site, { name }: DataCentre): Document {
  return {
    heading: HEADING,
    format: unit,
    blocks: [
      {
        title: 'Unit',
        directives: [line('Description', `When ${name} gets new passwords`, 'What it is.', unitManual)],
      },
      {
        title: 'Timer',
        directives: [
          line(
            'OnCalendar',
            calendarFor(limits.usersDays),
            'Twice at least within the days after which passwords are too old: one time may fail.',
            timer,
          ),
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
