import { type Directive, line } from '../directive.ts'
import { SOURCE } from '../sources.ts'
import { EXPOSURE, type ServiceName } from './exposure.ts'

const { exec, unit } = SOURCE

/** The first line of every unit. */
export const HEADING = 'Rendered by Holdfast: change holdfast.yaml instead.'

/** The first lines of a service. */
export const serviceHeading = (name: ServiceName): string =>
  `${HEADING}\nsystemd-analyze security (systemd 252): ${EXPOSURE[name].toFixed(1)} of 10.`

/** Starts a service behind the network and behind `needs`, without which it never runs; each with its reason. */
export function startsBehind(
  needs: readonly string[],
  because: { after: string; requires: string },
): Directive[] {
  return [
    line('After', ['network-online.target', ...needs].join(' '), because.after, unit),
    line('Wants', 'network-online.target', 'See After.', unit),
    ...(needs.length === 0 ? [] : [line('Requires', needs.join(' '), because.requires, SOURCE.document)]),
  ]
}

/** As whom a service runs, and the one folder below the state folder of all services that it keeps. */
export function account(name: string, stateFolder: string | null): Directive[] {
  return [
    line('User', name, 'A user of its own, that owns its state and nothing else.', exec),
    line('Group', name, 'See User.', exec),
    ...(stateFolder === null
      ? []
      : [
          line('StateDirectory', stateFolder, 'The one place where it keeps anything.', exec),
          line('StateDirectoryMode', '0700', 'Nobody else reads it.', exec),
          line('WorkingDirectory', `%S/${stateFolder}`, 'Where it writes what no file says.', exec),
        ]),
  ]
}
