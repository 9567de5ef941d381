import { type CommandSpec, list, type OptionSpec } from '../command.ts'
import type { AddOptions, ChangeOptions, UsersPasswdOptions } from '../handlers/users.ts'
import { PASSWORD_OPTION, USERS_OPTIONS, type UsersOptions } from '../users/options.ts'

const USER = { name: 'user', summary: 'the name that the user logs in with' }

const KEEP_OPTION: OptionSpec = {
  flags: '--keep-sessions',
  summary: 'let sessions that are open go on (default: they are ended where a data centre is here)',
}

const WITHOUT_TERMINAL = 'Without a terminal the password is read from standard input, one line.'

export const usersAdd: CommandSpec<AddOptions> = {
  name: 'users add',
  summary: 'add a user; the password is asked for, or read from standard input',
  argument: USER,
  options: [
    { flags: '--full-name <text>', summary: 'as people call the user' },
    { flags: '--email <address>', summary: 'the e-mail address' },
    { flags: '--groups <a,b>', summary: 'groups, for access rules and applications', parse: list },
    PASSWORD_OPTION,
    ...USERS_OPTIONS,
  ],
  notes: [WITHOUT_TERMINAL, 'For example:  holdfast users add ada --groups staff < password.txt'],
  load: async () => (await import('../handlers/users.ts')).usersAdd,
}

export const usersList: CommandSpec<UsersOptions> = {
  name: 'users list',
  summary: 'list the users',
  options: USERS_OPTIONS,
  load: async () => (await import('../handlers/users.ts')).usersList,
}

export const usersPasswd: CommandSpec<UsersPasswdOptions> = {
  name: 'users passwd',
  summary: 'give a user a new password, and end the sessions that began by the old one',
  argument: USER,
  options: [KEEP_OPTION, PASSWORD_OPTION, ...USERS_OPTIONS],
  notes: [WITHOUT_TERMINAL],
  load: async () => (await import('../handlers/users.ts')).usersPasswd,
}

export const usersDisable: CommandSpec<ChangeOptions> = {
  name: 'users disable',
  summary: 'keep a user from logging in, and end the open sessions',
  argument: USER,
  options: [KEEP_OPTION, ...USERS_OPTIONS],
  load: async () => (await import('../handlers/users.ts')).usersDisable,
}

export const usersEnable: CommandSpec<UsersOptions> = {
  name: 'users enable',
  summary: 'let a disabled user log in again',
  argument: USER,
  options: USERS_OPTIONS,
  load: async () => (await import('../handlers/users.ts')).usersEnable,
}

export const usersRemove: CommandSpec<ChangeOptions> = {
  name: 'users remove',
  summary: 'remove a user, and end the open sessions',
  argument: USER,
  options: [KEEP_OPTION, ...USERS_OPTIONS],
  load: async () => (await import('../handlers/users.ts')).usersRemove,
}
