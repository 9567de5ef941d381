import { readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  addUser,
  addUsersWithSamePassword,
  listUsers,
  removeUsers,
  replacePasswordHash,
  setDisabled,
  setPassword,
  temporaryUntil,
} from '../../src/users/edit.ts'
import { readUsersFile } from '../../src/users/file.ts'
import { hashPassword, verifyPassword } from '../../src/users/passwords.ts'
import { PASSWORD, temporaryFolder } from '../support.ts'

const newFile = async () => path.join(await temporaryFolder(), 'users.json')

test('the first user creates a private file, with an argon2id hash of OWASP parameters', async () => {
  const file = await newFile()
  await addUser(file, 'ada', PASSWORD)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const [user] = await readUsersFile(file)
  expect(user).toMatchObject({
    name: 'ada',
    password: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
  })
  expect(await readFile(file, 'utf8')).not.toContain(PASSWORD)
})

test('users that are added at the same time are all in the file', async () => {
  const file = await newFile()
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  await Promise.all(names.map((name) => addUser(file, name, PASSWORD)))
  expect((await listUsers(file)).map(({ name }) => name).sort()).toEqual(names)
})

test('users who share a password cost one hashing, and all can log in', async () => {
  const file = await newFile()
  const names = Array.from({ length: 200 }, (_, index) => `drill-${index}`)
  await addUsersWithSamePassword(file, names, PASSWORD)
  const users = await readUsersFile(file)
  expect(new Set(users.map(({ password }) => password)).size).toBe(1)
  expect(users).toHaveLength(200)
  expect(await verifyPassword(users.at(-1)?.password ?? '', PASSWORD)).toBe(true)
})

test('users are removed by name or by predicate, and the others stay', async () => {
  const file = await newFile()
  await addUsersWithSamePassword(file, ['ada', 'drill-1', 'drill-2', 'grace'], PASSWORD)
  expect(await removeUsers(file, (name) => name.startsWith('drill-'))).toEqual(['drill-1', 'drill-2'])
  expect(await removeUsers(file, ['grace', 'nobody'])).toEqual(['grace'])
  expect(await listUsers(file)).toEqual([{ name: 'ada', disabled: false }])
})

test('a name in use is refused, and nothing changes', async () => {
  const file = await newFile()
  await addUser(file, 'ada', PASSWORD)
  const before = await readFile(file, 'utf8')
  await expect(addUsersWithSamePassword(file, ['grace', 'ada'], PASSWORD)).rejects.toMatchObject({
    code: 'USERS_INVALID',
    message: expect.stringContaining('already has a user "ada"'),
  })
  await expect(addUser(file, 'ADA', PASSWORD)).rejects.toThrow('"ADA" differs only in case or width')
  expect(await readFile(file, 'utf8')).toBe(before)
})

test.each(['', ' ada', 'a b', 'a\nb', 'a/b', 'x'.repeat(129), 'e\u0301'])(
  'the name %j is refused',
  async (name) => {
    await expect(addUser(await newFile(), name, PASSWORD)).rejects.toThrow("cannot be a user's name")
  },
)

test.each([
  ['nothing', '', 'must have 12 to 1024 characters; this one has 0'],
  ['eleven characters', 'qwertzuiopa', 'this one has 11'],
  ['too many characters', 'abcd'.repeat(257), 'this one has 1028'],
  ['one character', 'z'.repeat(40), 'at least four different characters'],
  ['the name', 'ada-LovelaceADA-LOVELACE', 'must not consist of the user name'],
  ['a common word and digits', 'letmein12345', 'easy to guess'],
])('a password of %s is refused without being quoted', async (_, password, sentence) => {
  const error = await addUser(await newFile(), 'ada-lovelace', password).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'USERS_INVALID', message: expect.stringContaining(sentence) })
  if (password !== '') expect(String(error)).not.toContain(password)
})

test('the length of a password counts composed characters, as users see them', async () => {
  const file = await newFile()
  await addUser(file, 'ada', `${'é'.normalize('NFD').repeat(4)}kmq-wzpt`)
  await expect(addUser(file, 'grace', `${'é'.normalize('NFD').repeat(3)}kmq-wzpt`)).rejects.toThrow('has 11')
})

test('a new password replaces the old one, and nothing else changes', async () => {
  const file = await newFile()
  await addUser(file, 'ada', PASSWORD, { groups: ['staff'] })
  await addUser(file, 'grace', PASSWORD)
  const [, graceBefore] = await readUsersFile(file)
  await setPassword(file, 'ada', 'another good password')
  const [ada, grace] = await readUsersFile(file)
  expect(await verifyPassword(ada?.password ?? '', 'another good password')).toBe(true)
  expect(await verifyPassword(ada?.password ?? '', PASSWORD)).toBe(false)
  expect(ada?.groups).toEqual(['staff'])
  expect(grace).toEqual(graceBefore)
  await expect(setPassword(file, 'ada', 'short')).rejects.toMatchObject({ code: 'USERS_INVALID' })
  await expect(setPassword(file, 'nobody', PASSWORD)).rejects.toThrow('has no user "nobody"')
})

test('a user can be disabled and enabled again, also repeatedly', async () => {
  const file = await newFile()
  await addUser(file, 'ada', PASSWORD)
  for (const disabled of [true, true, false, false]) {
    await setDisabled(file, 'ada', disabled)
    expect(await listUsers(file)).toEqual([{ name: 'ada', disabled }])
  }
  await expect(setDisabled(file, 'nobody', true)).rejects.toThrow('has no user "nobody"')
})

test.each([
  [{ email: 'not an address' }, '`users[0].email` must be an e-mail address'],
  [{ groups: ['a,b'] }, '`users[0].groups[0]` must be a group'],
  [{ fullName: 'Ada\u0007' }, '`users[0].fullName` must be'],
])('the invalid profile %j is refused', async (profile, sentence) => {
  const file = await newFile()
  await expect(addUser(file, 'ada', PASSWORD, profile)).rejects.toThrow(sentence)
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' })
})

test.each([
  ['{"users":[{"name":"ada","password":"in-the-clear"}]}', '`users[0].password` must be an argon2id hash'],
  ['{"users":[{"name":"ada"}]}', '`users[0].password` must be text'],
  ['{"users":{}}', '`users` must be a list'],
  ['{}', '`users` must be a list'],
  ['not json', 'not valid JSON'],
])('the message about the broken users file %s contains no secret', async (text, sentence) => {
  const file = await newFile()
  await writeFile(file, text, { mode: 0o600 })
  const error = await listUsers(file).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'USERS_INVALID', message: expect.stringContaining(sentence) })
  expect(String(error)).not.toContain('in-the-clear')
})

test('a users file with a repeated user is refused', async () => {
  const file = await newFile()
  await addUser(file, 'ada', PASSWORD)
  const { users } = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ users: [...users, ...users] }))
  await expect(listUsers(file)).rejects.toThrow('contains the user "ada" twice')
})

test('a password hash is replaced only if it is still the one that was checked, and the user is not disabled', async () => {
  const file = await newFile()
  await addUser(file, 'ada', PASSWORD, { fullName: 'Ada', temporaryUntil: temporaryUntil(Date.now()) })
  const hash = async () => (await readUsersFile(file))[0]?.password ?? ''
  const [checked, next] = [await hash(), await hashPassword('a violet engine of thought')]
  await setPassword(file, 'ada', 'chosen by the operator meanwhile')
  const before = await readFile(file, 'utf8')
  expect(await replacePasswordHash(file, 'ada', checked, next)).toBe(false)
  await setDisabled(file, 'ada', true)
  expect(await replacePasswordHash(file, 'ada', await hash(), next)).toBe(false)
  await setDisabled(file, 'ada', false)
  expect(await readFile(file, 'utf8')).toBe(before)
  expect(await replacePasswordHash(file, 'ada', await hash(), next)).toBe(true)
  expect(await readUsersFile(file)).toEqual([{ name: 'ada', password: next, fullName: 'Ada' }])
})

test('an initial password has an end, and a password that is not initial removes it', async () => {
  const file = await newFile()
  await addUser(file, 'ada', PASSWORD)
  await setPassword(file, 'ada', PASSWORD, { temporaryUntil: temporaryUntil(0) })
  expect(await listUsers(file)).toEqual([
    { name: 'ada', disabled: false, temporaryUntil: '1970-01-08T00:00:00.000Z' },
  ])
  await setPassword(file, 'ada', PASSWORD)
  expect(await listUsers(file)).toEqual([{ name: 'ada', disabled: false }])
})
