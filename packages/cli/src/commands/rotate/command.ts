import { PASSWORD_USERS } from '@holdfast/operations/rotate/passwords/users'
import { MOST_DAYS } from '@holdfast/site/certificates/days'
import { proxyUserOf } from '@holdfast/site/secrets/proxy-secret'
import {
  type AnyCommand,
  type CommandSpec,
  list,
  type OptionSpec,
  oneOf,
  wholeNumber,
} from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import type { CertificateOptions, KeyringOptions, PasswordOptions } from './run.ts'

/** The options of every rotation. */
const ROTATE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--deliver-command <command>',
    summary: 'With --file: brings rendered files to the hosts',
  },
  { flags: '--dry-run', summary: 'Print the steps and change nothing' },
  JSON_OPTION,
  ...LOCATOR_OPTIONS,
]

const NAMES = PASSWORD_USERS.map(({ secret }) => secret)

/** Only the file of a data centre knows the users of proxied clients. */
const isProxyUser = (name: string): boolean => proxyUserOf(name) !== null

const stageOption = (summary: string): OptionSpec => ({
  flags: '--stage <stage>',
  summary,
  parse: oneOf('begin', 'finish'),
})

const rotatePasswords: CommandSpec<PasswordOptions> = {
  name: 'rotate passwords',
  summary: 'Give the users of Redis and Sentinel new passwords',
  options: [
    {
      flags: '--user <names>',
      summary: 'Only these, such as app,sentinel (default: all)',
      parse: (text) => list(text).map((name) => (isProxyUser(name) ? name : oneOf(...NAMES)(name))),
    },
    stageOption('begin: add the new; finish: remove the old'),
    { flags: '--undo', summary: 'Go back to the old passwords' },
    { flags: '--yes', summary: 'Do not ask for confirmation' },
    ...ROTATE_OPTIONS,
  ],
  notes: [
    'Old and new passwords are both valid until every process uses the new ones. No connection ends. Run an interrupted rotation again: it continues.',
    'Use the two stages if applications hold copies of a password: begin, give them the new passwords of secrets.json, then finish.',
    'With --file, --deliver-command brings files to the hosts. Without it, bring them yourself between the stages; the report of the first stage lists them.',
  ],
  examples: ['holdfast rotate passwords --stage begin', 'holdfast rotate passwords --stage finish'],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).rotatePasswords,
}

const rotateCertificates: CommandSpec<CertificateOptions> = {
  name: 'rotate certificates',
  summary: 'Give every process a new certificate',
  options: [
    {
      flags: '--days <days>',
      summary: `Lifetime, 1 to ${MOST_DAYS} days (default: 90)`,
      parse: wholeNumber(1, MOST_DAYS),
    },
    {
      flags: '--within <days>',
      summary: 'Only those that last fewer days (default: all)',
      parse: wholeNumber(1, MOST_DAYS),
    },
    stageOption('With --file; begin: issue; finish: activate'),
    { flags: '--manual', summary: 'With --file: print the steps to do by hand' },
    ...ROTATE_OPTIONS,
  ],
  notes: [
    'Redis, gateways and stunnel reload certificates; Sentinels restart one by one. Run an interrupted rotation again: it continues. It also replaces expired certificates.',
    'With --file, --deliver-command brings the certificates to the hosts. Without it, bring them yourself between the stages. --manual is for stunnel.',
  ],
  examples: [
    'holdfast rotate certificates --within 30',
    'holdfast rotate certificates --file holdfast.yaml --manual',
  ],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).rotateCertificates,
}

const rotateKeyring: CommandSpec<KeyringOptions> = {
  name: 'rotate keyring',
  summary: 'Seal new sessions with a new key',
  options: [
    stageOption('begin: add the new key; finish: seal with it'),
    { flags: '--forget-old', summary: 'Only remove keys that no live session needs' },
    ...ROTATE_OPTIONS,
  ],
  notes: [
    'Users stay logged in: every gateway gets the new key before any gateway seals with it. Old keys stay until no live session needs them and 12 h after they were replaced. A backup that is older needs them too.',
    'Applications with a copy of the key ring must get the new one between the stages. Run an interrupted rotation again: it continues.',
    'With --file, --deliver-command brings the key ring to the hosts. Without it, the command stops each time the hosts need files; continue with --stage finish.',
  ],
  examples: ['holdfast rotate keyring'],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).rotateKeyring,
}

export const ROTATE_COMMANDS: readonly AnyCommand[] = [rotatePasswords, rotateCertificates, rotateKeyring]
