import { describe, expect, it } from 'vitest'
import { plansOf } from '../../src/campaign/plans.ts'
import { BRIEF_CASES, CASES } from '../../src/cases/cases.ts'
import { readArguments, UsageError } from '../../src/cli/arguments.ts'

const names = (...args: string[]) =>
  plansOf(readArguments(args)).map(({ name, system }) => (system === 'holdfast' ? name : `${name}@${system}`))

describe('the command line', () => {
  it('plays all cases and so many seeds', () => {
    expect(names('--seeds', '3')).toEqual(['seed-1', 'seed-2', 'seed-3', ...CASES.map(({ name }) => name)])
  })

  it('plays three cases and a seed', () => {
    expect(names('--brief').toSorted()).toEqual(['seed-1', ...BRIEF_CASES].toSorted())
  })

  it('plays one seed or one case alone', () => {
    expect(names('--seed', '17')).toEqual(['seed-17'])
    expect(names('--case', 'A', '--system', 'plain-wait')).toEqual(['A@plain-wait'])
  })

  it('plays cases, and a sample of seeds, with the controls beside', () => {
    expect(names('--case', 'A', '--controls')).toEqual(['A', 'A@plain-wait', 'A@connect-redis'])
    const seeds = names('--no-cases', '--seeds', '20', '--controls')
    expect(seeds).toHaveLength(22)
    expect(seeds).toContain('seed-20@connect-redis')
  })

  it.each([
    ['an unknown option', ['--sedes', '3']],
    ['an unknown case', ['--case', 'Z']],
    ['an unknown system', ['--case', 'A', '--system', 'mongo']],
    ['no number', ['--seeds', 'many']],
    ['a number out of bounds', ['--parallel', '0']],
  ])('refuses %s', (_, args) => {
    expect(() => readArguments(args)).toThrow(UsageError)
  })
})
