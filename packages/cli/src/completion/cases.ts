import type { CompletionNode, Value } from './tree.ts'

/** The words that are commands, as a pattern of `case`, which bash and zsh write alike. */
export const commandPattern = (nodes: readonly CompletionNode[]): string =>
  nodes
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join('|')

/** What is offered behind each option that takes a value, as cases of both shells. */
export const valueCases = (nodes: readonly CompletionNode[], offer: (value: Value) => string): string =>
  nodes
    .flatMap(({ path, options }) =>
      options.flatMap(({ flag, value }) =>
        value === null ? [] : [`    '${path} ${flag}') ${offer(value)}; return ;;`],
      ),
    )
    .join('\n')
