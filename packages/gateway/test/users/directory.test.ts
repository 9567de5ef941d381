import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { openUserDirectory } from '../../src/users/directory.ts'
import { addUser, removeUsers } from '../../src/users/edit.ts'
import { PASSWORD, temporaryFolder } from '../support.ts'

async function directoryOfAda() {
  const file = path.join(await temporaryFolder(), 'users.json')
  await addUser(file, 'ada', PASSWORD)
  const problems: string[] = []
  const directory = await openUserDirectory(file, (sentence) => problems.push(sentence))
  return { file, directory, problems }
}

test('an added or removed user is noticed at the next find', async () => {
  const { file, directory } = await directoryOfAda()
  for (let round = 0; round < 10; round++) {
    await addUser(file, `user-${round}`, PASSWORD)
    expect(await directory.find(`user-${round}`)).toMatchObject({ name: `user-${round}` })
    await removeUsers(file, [`user-${round}`])
    expect(await directory.find(`user-${round}`)).toBeUndefined()
  }
})

test('an added user is found even while other finds are pending', async () => {
  const { file, directory } = await directoryOfAda()
  let looking = true
  const noise = (async () => {
    while (looking) await Promise.all([directory.find('ada'), directory.find('ada')])
  })()
  for (let round = 0; round < 10; round++) {
    await addUser(file, `user-${round}`, PASSWORD)
    expect(await directory.find(`user-${round}`)).toBeDefined()
  }
  looking = false
  await noise
})

test('a broken file is reported once, and the users of the last valid file stay in use', async () => {
  const { file, directory, problems } = await directoryOfAda()
  await writeFile(file, '{"users": [oops')
  for (let round = 0; round < 3; round++) expect(await directory.find('ada')).toBeDefined()
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(/not valid JSON.*The users of the last valid file stay in use\./)
})

test('a missing or unsafe file is reported, and read again when it is fixed', async () => {
  const { file, directory, problems } = await directoryOfAda()
  await rename(file, `${file}.away`)
  expect(await directory.find('ada')).toBeDefined()
  await rename(`${file}.away`, file)
  expect(await directory.find('ada')).toBeDefined()
  await chmod(file, 0o644)
  expect(await directory.find('ada')).toBeDefined()
  expect(problems.map((sentence) => /does not exist|chmod 600/.exec(sentence)?.[0])).toEqual([
    'does not exist',
    'chmod 600',
  ])
  await chmod(file, 0o600)
  await addUser(file, 'grace', PASSWORD)
  expect(await directory.find('grace')).toBeDefined()
  expect(problems).toHaveLength(2)
})

test('a file that is missing at the start is an error', async () => {
  const { file } = await directoryOfAda()
  await rm(file)
  await expect(openUserDirectory(file, () => {})).rejects.toMatchObject({ code: 'FILE_UNUSABLE' })
})

test('of users whose names differ only in case each is found by the exact name only, and is reported', async () => {
  const { file, directory, problems } = await directoryOfAda()
  const { users } = JSON.parse(await readFile(file, 'utf8'))
  const other = { ...users[0], name: 'ADA' }
  await writeFile(file, JSON.stringify({ users: [...users, other] }))
  expect(await directory.find('ada')).toMatchObject({ name: 'ada' })
  expect(await directory.find('ADA')).toMatchObject({ name: 'ADA' })
  expect(await directory.find('Ada')).toBeUndefined()
  expect(problems).toEqual([expect.stringContaining('"ada", "ADA" differ only in case or width')])
})
