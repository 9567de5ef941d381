import { DEFAULT_NAME } from '@holdfast/cluster/words'
import type { OptionSpec } from '../command.ts'

/** Which data centre of this machine a command means. */
export interface LocateOptions {
  name?: string
  stateDir?: string
}

/** What a description of data centres is called by default. */
export const SITE_FILE = 'holdfast.yaml'

export const LOCATE_OPTIONS: readonly OptionSpec[] = [
  { flags: '--name <name>', summary: `name of the data centre (default: ${DEFAULT_NAME})` },
  {
    flags: '--state-dir <folder>',
    summary: 'where it keeps its state (default: ~/.local/state/holdfast/<name>)',
  },
]

/** Which data centre a command means: one of this machine, or any by the file that describes it. */
export interface PlaceOptions extends LocateOptions {
  file?: string
  dataCentre?: string
  certificates?: string
  holder?: string
}

export const PLACE_OPTIONS: readonly OptionSpec[] = [
  ...LOCATE_OPTIONS,
  { flags: '--file <file>', summary: 'instead one that runs anywhere, by its holdfast.yaml and its secrets' },
  { flags: '--data-centre <name>', summary: 'with --file: which one, where it describes several' },
  {
    flags: '--certificates <folder>',
    summary: 'with --file and TLS: where `holdfast ca` keeps them (default: certificates)',
  },
  {
    flags: '--holder <name>',
    summary: 'with --file and TLS: whose certificate is shown (default: operator)',
  },
]

export const JSON_OPTION: OptionSpec = { flags: '--json', summary: 'print the result as JSON' }
