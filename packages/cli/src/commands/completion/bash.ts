import { type CompletionNode, commandPattern, type Value, valueCases } from './tree.ts'

/**
 * A script for bash. It walks over the typed words that are commands, and offers what may follow them
 * (https://www.gnu.org/software/bash/manual/html_node/Programmable-Completion.html). Pure.
 */
export const bashCompletion = (
  nodes: readonly CompletionNode[],
): string => `# Completion of holdfast for bash.
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' index=1 word
  COMPREPLY=()
  while (( index < COMP_CWORD )); do
    word="\${COMP_WORDS[index]}"
    case "\${path:+$path }$word" in
      ${commandPattern(nodes)}) path="\${path:+$path }$word" ;;
    esac
    (( index += 1 ))
  done
  case "$path $previous" in
${valueCases(nodes, offer)}
  esac
  case "$path" in
${nodes.map(nodeCase).join('\n')}
  esac
}
complete -F _holdfast holdfast
`

function nodeCase({ path, commands, options, argument }: CompletionNode): string {
  const words = [...commands.map(({ word }) => word), ...options.map(({ flag }) => flag)].join(' ')
  const more = argument === null ? '' : `[[ $current == -* ]] || ${offer(argument)}; `
  return `    '${path}') ${more}COMPREPLY+=($(compgen -W '${words}' -- "$current")) ;;`
}

function offer(value: Value): string {
  switch (value.kind) {
    case 'choices':
      return `COMPREPLY+=($(compgen -W '${value.choices.join(' ')}' -- "$current"))`
    case 'file':
      return 'compopt -o filenames 2> /dev/null; COMPREPLY+=($(compgen -f -- "$current"))'
    case 'folder':
      return 'compopt -o filenames 2> /dev/null; COMPREPLY+=($(compgen -d -- "$current"))'
    case 'any':
      return ':'
  }
}
