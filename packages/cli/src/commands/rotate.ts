import { MOST_DAYS, PASSWORD_USERS } from '@holdfast/cluster/words'
import { type AnyCommand, type CommandSpec, list, type OptionSpec, oneOf, wholeNumber } from '../command.ts'
import type { CertificateOptions } from '../rotate/certificates.ts'
import type { KeyringOptions } from '../rotate/keyring.ts'
import type { PasswordOptions } from '../rotate/passwords.ts'
import { JSON_OPTION, PLACE_OPTIONS } from './locate.ts'

const DRY_RUN: OptionSpec = { flags: '--dry-run', summary: 'say what would be done, and change nothing' }

const DELIVER_COMMAND: OptionSpec = {
  flags: '--deliver-command <command>',
  summary: 'with --file: renders the site, brings the files to the hosts, and reloads what reads them',
}

/** What every rotation takes. */
const ROTATE_OPTIONS: readonly OptionSpec[] = [DELIVER_COMMAND, DRY_RUN, ...PLACE_OPTIONS, JSON_OPTION]

const NAMES = PASSWORD_USERS.map(({ secret }) => secret)

const rotatePasswords: CommandSpec<PasswordOptions> = {
  name: 'rotate passwords',
  summary: 'give the users of every Redis and Sentinel new passwords; nothing stops',
  options: [
    {
      flags: '--user <names>',
      summary: `only these: ${NAMES.join(', ')} (default: all)`,
      parse: (text) => list(text).map(oneOf(...NAMES)),
    },
    {
      flags: '--stage <stage>',
      summary: 'begin: leave the old ones valid, for others; finish: take them away (default: both)',
      parse: oneOf('begin', 'finish'),
    },
    { flags: '--wait-for-others', summary: 'the same as --stage begin' },
    { flags: '--undo', summary: 'go back to the old ones, from wherever it has stopped' },
    { flags: '--yes', summary: 'do not ask first' },
    ...ROTATE_OPTIONS,
  ],
  notes: [
    'For a time both are valid: the new ones are added everywhere, everybody who uses one is moved, each is proved on',
    'every process, and only then the old ones are taken away. No connection of an application ends. Interrupted or',
    'killed, nobody is refused: run it again and it goes on. The new ones are in secrets.json of the state folder.',
    'Applications with a copy of their own want the two stages.',
    'With --file Redis and Sentinels are told over the network. Watchdogs, gateways and applications read files: they are',
    'brought there by --deliver-command, or by you between the two stages (the report of the first says which and where).',
  ],
  load: async () => (await import('../rotate/passwords.ts')).rotatePasswords,
}

const rotateCertificates: CommandSpec<CertificateOptions> = {
  name: 'rotate certificates',
  summary: 'give every process a new certificate of the same authority; nothing stops',
  options: [
    {
      flags: '--days <days>',
      summary: `how long they last, 1 to ${MOST_DAYS} (default: 90)`,
      parse: wholeNumber(1, MOST_DAYS),
    },
    {
      flags: '--within <days>',
      summary: 'only those that last fewer days, or have ended (default: all)',
      parse: wholeNumber(1, MOST_DAYS),
    },
    {
      flags: '--stage <stage>',
      summary:
        'with --file; begin: only issue them; finish: go on when they are on the hosts (default: both)',
      parse: oneOf('begin', 'finish'),
    },
    { flags: '--site <file>', summary: 'print how the hosts of a site take theirs, instead' },
    ...ROTATE_OPTIONS,
  ],
  notes: [
    'Redis, gateways and stunnel take theirs while they run; Sentinels are started again, one at a time.',
    'Interrupted, run it again: it goes on. With --site nothing is changed.',
    'It is also the remedy where certificates have ended, of one host or of all.',
    'With --file they are issued where `holdfast ca` keeps the authority, and brought to the hosts by --deliver-command, or',
    'by you between the two stages. Then Redis and Sentinels are told over the network, and each shows its new one.',
  ],
  load: async () => (await import('../rotate/certificates.ts')).rotateCertificates,
}

const rotateKeyring: CommandSpec<KeyringOptions> = {
  name: 'rotate keyring',
  summary: 'bring a new sealing key into the key ring; nobody is logged out',
  options: [
    {
      flags: '--stage <stage>',
      summary: 'begin: only make the new key known; finish: go on, and let it seal (default: both)',
      parse: oneOf('begin', 'finish'),
    },
    { flags: '--forget-old', summary: 'bring in no key; drop each older one that no live session needs' },
    ...ROTATE_OPTIONS,
  ],
  notes: [
    'Every gateway knows the new key before any seals with it. Older keys stay until no live session needs them and',
    'they have been out of use for 12 h; the sessions of a backup that is older than that open with them alone.',
    'Applications with a copy of the ring must get the new one between --stage begin and --stage finish.',
    'Interrupted, run it again: it goes on.',
    'With --file the ring is brought to the hosts by --deliver-command, or by you: it stops each time that you have to,',
    'until --stage finish, and goes on only when every gateway shows in /readyz that it uses what was brought.',
  ],
  load: async () => (await import('../rotate/keyring.ts')).rotateKeyring,
}

/** The commands of the group `rotate`: one for each kind of secret. */
export const ROTATE_COMMANDS: readonly AnyCommand[] = [rotatePasswords, rotateCertificates, rotateKeyring]
