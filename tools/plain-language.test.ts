import { expect, it } from 'vitest'
import { countPerFile, findPhrases, judge } from './plain-language.ts'

const phrasesIn = (file: string, text: string) => findPhrases(file, text).map(({ phrase }) => phrase)

it('the check fails for a phrase that the baseline does not accept, and names its place and plain words', () => {
  const findings = findPhrases('docs/page.md', '# Page\n\nSentinel starts\nthe election anew.\n')
  expect(judge(findings, {})).toEqual({
    lines: [
      'docs/page.md:4: "anew": say "again" instead',
      'docs/page.md: 1 phrases, 0 accepted',
      'Plain language: some files have more phrases than the baseline accepts',
    ],
    isOk: false,
  })
})

it('the check passes for phrases that the baseline accepts, and asks to lower a count that is too high', () => {
  const findings = findPhrases('docs/page.md', 'Nobody waited in vain.\n')
  expect(judge(findings, { 'docs/page.md': 2 })).toEqual({
    lines: ['Plain language: OK, 2 older phrases still to rewrite'],
    isOk: true,
  })
  const { lines, isOk } = judge(findings, { 'docs/page.md': 3, 'docs/gone.md': 1 })
  expect(isOk).toBe(true)
  expect(lines.slice(0, 2)).toEqual([
    'docs/page.md: 2 phrases, 3 accepted: lower the count',
    'docs/gone.md: 0 phrases, 1 accepted: lower the count',
  ])
})

it('an updated baseline counts the findings of each file, in the order of their names', () => {
  const findings = [...findPhrases('b.md', 'It was told anew.\n'), ...findPhrases('a.md', 'It was told.\n')]
  expect(Object.entries(countPerFile(findings))).toEqual([
    ['a.md', 1],
    ['b.md', 2],
  ])
})

it('a phrase is found in a comment and in a string of several words, and not in code', () => {
  const source = `
    // Nobody waits: Redis
    // is told by the Sentinel.
    import anew from './anew.ts'
    /**
     * Ends whoever
     * holds the lock.
     */
    const mended = { anew, heed: 'mended', pattern: /in vain/, size: 4 / 2 }
    throw new Error(\`\${mended.join('anew')} was taken away from \${host} for good\`)
  `
  expect(findPhrases('a.ts', source).map(({ line, phrase }) => [line, phrase])).toEqual([
    [2, 'Nobody'],
    [3, 'told'],
    [6, 'whoever'],
    [10, 'taken away'],
    [10, 'for good'],
  ])
})

it('a phrase is found across the lines of a paragraph of Markdown, and not in code or in the address of a link', () => {
  const page = [
    '| Place | Kept |',
    '| --- | --- |',
    '| here | for',
    '',
    'The Sentinel holds it for',
    'dead. `anew` and [that](docs/anew.md) are code.',
    '```sh',
    'mend --in vain',
    '```',
  ].join('\n')
  expect(findPhrases('a.md', page)).toEqual([
    { file: 'a.md', line: 5, phrase: 'for dead', instead: 'as down' },
  ])
})

it('the entries of released versions in the changelog are not examined', () => {
  const changelog = '# Changelog\n\n## 0.2.0\n\n- Told.\n\n## 0.1.0\n\n- Told anew.\n'
  expect(phrasesIn('CHANGELOG.md', changelog)).toEqual(['Told'])
})

it.each([
  ['Who connects and says nothing is this user.', ['Who']],
  ['It fails. What was lost is written again.', ['What']],
  ['Of three Sentinels, two must answer.', ['Of']],
  ['The file is no YAML, the age is none.', ['is no', 'is none']],
  ['A folder a host, and a log-out.', ['A folder a host', 'log-out']],
  ['Else the primary is whole, or for who asks.', ['is whole', 'for who']],
])('"%s" has the phrases %j', (text, phrases) => {
  expect(phrasesIn('a.md', `${text}\n`)).toEqual(phrases)
})

it.each([
  'Who may log in?',
  'What Redis stores',
  'Of course there is no primary: it is no longer up.',
  'The logged-out user logs in again as of now, with no fewer than two replicas.',
  'Give a user a role, and one folder per host.',
  'The replicas that are well known are kept apart by their address.',
])('"%s" is plain', (text) => {
  expect(phrasesIn('a.md', `${text}\n`)).toEqual([])
})
