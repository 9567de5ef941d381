import { type AnyCommand, type CommandSpec, list, type OptionSpec } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCAL_OPTIONS, LOCATOR_HEADING } from '../../data-centre/options.ts'
import type { AddOptions, ChangeOptions, UsersOptions, UsersPasswdOptions } from './run.ts'

const USERS_OPTIONS: readonly OptionSpec[] = [
  JSON_OPTION,
  ...LOCAL_OPTIONS,
  {
    flags: '--users-file <file>',
    summary: 'Users file of a gateway instead',
    heading: LOCATOR_HEADING,
  },
]

const USER = { name: 'user', summary: 'Name that the user logs in with' }

const KEEP_OPTION: OptionSpec = { flags: '--keep-sessions', summary: 'Do not end the open sessions' }

const PASSWORD_OPTION: OptionSpec = {
  flags: '--password-stdin',
  summary: 'Read the password from stdin, also at a terminal',
}

const TEMPORARY_OPTION: OptionSpec = {
  flags: '--temporary',
  summary: 'Initial password, to be changed within 7 days',
}

const WITHOUT_TERMINAL = 'Without a terminal the password is the first line of standard input.'

const usersAdd: CommandSpec<AddOptions> = {
  name: 'users add',
  summary: 'Add a user and ask for the password',
  argument: USER,
  options: [
    { flags: '--full-name <text>', summary: 'Full name' },
    { flags: '--email <address>', summary: 'E-mail address' },
    { flags: '--groups <a,b>', summary: 'Groups, for access rules and applications', parse: list },
    TEMPORARY_OPTION,
    PASSWORD_OPTION,
    ...USERS_OPTIONS,
  ],
  notes: [WITHOUT_TERMINAL],
  examples: ['holdfast users add ada --groups staff < password.txt'],
  exits: [EXIT.interrupted],
  load: async () => (await import('./run.ts')).usersAdd,
}

const usersList: CommandSpec<UsersOptions> = {
  name: 'users list',
  summary: 'List the users',
  options: USERS_OPTIONS,
  load: async () => (await import('./run.ts')).usersList,
}

const usersPasswd: CommandSpec<UsersPasswdOptions> = {
  name: 'users passwd',
  summary: "Change a user's password and end their sessions",
  argument: USER,
  options: [KEEP_OPTION, TEMPORARY_OPTION, PASSWORD_OPTION, ...USERS_OPTIONS],
  notes: [WITHOUT_TERMINAL],
  exits: [EXIT.interrupted],
  load: async () => (await import('./run.ts')).usersPasswd,
}

const usersDisable: CommandSpec<ChangeOptions> = {
  name: 'users disable',
  summary: "Block a user's logins and end their sessions",
  argument: USER,
  options: [KEEP_OPTION, ...USERS_OPTIONS],
  load: async () => (await import('./run.ts')).usersDisable,
}

const usersEnable: CommandSpec<UsersOptions> = {
  name: 'users enable',
  summary: 'Let a disabled user log in again',
  argument: USER,
  options: USERS_OPTIONS,
  load: async () => (await import('./run.ts')).usersEnable,
}

const usersRemove: CommandSpec<ChangeOptions> = {
  name: 'users remove',
  summary: 'Remove a user and end their sessions',
  argument: USER,
  options: [KEEP_OPTION, ...USERS_OPTIONS],
  load: async () => (await import('./run.ts')).usersRemove,
}

export const USERS_COMMANDS: readonly AnyCommand[] = [
  usersAdd,
  usersList,
  usersPasswd,
  usersDisable,
  usersEnable,
  usersRemove,
]
