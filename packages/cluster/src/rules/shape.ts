import type { RuleText } from './rule.ts'

export const shape: RuleText = {
  id: 'shape',
  severity: 'error',
  summary: 'A key is unknown or missing, or a value is of the wrong kind.',
  why: 'A misspelt key that passed in silence would leave a default where you meant something else. Until the form is right the other rules wait.',
  fix: 'Do what the message says. With holdfast.schema.json beside the file, editors complete the keys and explain them.',
  source: { title: 'holdfast.schema.json, which `holdfast init` writes' },
}
