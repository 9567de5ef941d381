import { resolve } from 'node:path'
import { StateFolder } from '@holdfast/cluster'
import { addUser, listUsers } from '@holdfast/gateway'
import type { CommandSpec, OptionSpec } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { askPassword } from '../terminal/ask-password.ts'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, stateDirOf } from './locate.ts'

type UsersOptions = LocateOptions & { file?: string; json?: boolean }

const FILE_OPTION: OptionSpec = {
  flags: '--file <file>',
  summary: 'the users file (default: the one of the data centre)',
}

const fileOf = (options: UsersOptions): string =>
  options.file === undefined ? new StateFolder(stateDirOf(options)).usersFile : resolve(options.file)

export const usersAdd: CommandSpec<UsersOptions> = {
  name: 'users add',
  summary: 'add a user; the password is asked for, or read from standard input',
  argument: { name: 'user', summary: 'the name that the user logs in with' },
  options: [FILE_OPTION, ...LOCATE_OPTIONS, JSON_OPTION],
  notes: ['Without a terminal:  holdfast users add ada < password.txt'],
  async handler(options, user) {
    const file = fileOf(options)
    await addUser(file, user, await askPassword(user))
    console.log(options.json ? JSON.stringify({ added: user, file }) : `Added ${user} to ${file}.`)
    return EXIT.ok
  },
}

export const usersList: CommandSpec<UsersOptions> = {
  name: 'users list',
  summary: 'list the users',
  options: [FILE_OPTION, ...LOCATE_OPTIONS, JSON_OPTION],
  async handler(options) {
    const users = await listUsers(fileOf(options))
    if (options.json) {
      console.log(JSON.stringify({ users }))
      return EXIT.ok
    }
    const rows = users.map(({ name, disabled }) => [name, disabled ? paint.warning('disabled') : 'active'])
    console.log(rows.length === 0 ? 'No users yet.' : table(rows, { head: ['USER', 'STATE'] }))
    return EXIT.ok
  },
}
