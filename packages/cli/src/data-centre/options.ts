import { DEFAULT_NAME } from '@holdfast/site/topology/topology'
import type { OptionSpec } from '../command-line/command-spec.ts'

/** The default name of the file that describes data centres. */
export const SITE_FILE = 'holdfast.yaml'

/** The heading of these options in the help. */
export const LOCATOR_HEADING = 'Data centre (default: the local one)'

/** Selects a data centre of this machine. */
export interface LocalOptions {
  name?: string
  stateDir?: string
}

export const LOCAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--name <name>', summary: `Name (default: ${DEFAULT_NAME})`, heading: LOCATOR_HEADING },
  {
    flags: '--state-dir <folder>',
    summary: 'State (default: ~/.local/state/holdfast/<name>)',
    heading: LOCATOR_HEADING,
  },
]

/** Selects a data centre of this machine, or one on other hosts by the file that describes it. */
export interface LocatorOptions extends LocalOptions {
  file?: string
  dataCentre?: string
  certificates?: string
  clientCert?: string
}

/** `--file` names a description of data centres, in every command that has it. */
export const FILE_OPTION: OptionSpec = {
  flags: '--file <file>',
  summary: 'Use the data centre of this holdfast.yaml',
  heading: LOCATOR_HEADING,
}

export const CERTIFICATES_OPTION: OptionSpec = {
  flags: '--certificates <folder>',
  summary: 'Folder of `holdfast ca` (default: certificates)',
}

export const LOCATOR_OPTIONS: readonly OptionSpec[] = [
  ...LOCAL_OPTIONS,
  FILE_OPTION,
  {
    flags: '--data-centre <name>',
    summary: 'Which one, if --file describes several',
    heading: LOCATOR_HEADING,
  },
  { ...CERTIFICATES_OPTION, heading: LOCATOR_HEADING },
  {
    flags: '--client-cert <name>',
    summary: 'Certificate to present (default: operator)',
    heading: LOCATOR_HEADING,
  },
]

export const JSON_OPTION: OptionSpec = { flags: '--json', summary: 'Print the result as JSON' }
