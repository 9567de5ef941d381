{
  const MAX_SHOWN = 24
  const PERIOD_MS = 700
  const server = document.getElementById('server')
  const answers = document.getElementById('answers')
  const foot = document.querySelector('footer b')
  const keep = document.getElementById('keep')
  let timer = null

  // The same as `serverColour` on the server.
  const colour = (name) => {
    const sum = Array.from(name).reduce((total, character) => (total * 3 + character.charCodeAt(0)) % 8, 0)
    return `colour-${sum}`
  }

  const show = (name, className) => {
    const item = document.createElement('li')
    item.textContent = name
    item.className = className
    answers.prepend(item)
    while (answers.children.length > MAX_SHOWN) answers.lastElementChild.remove()
  }

  const ask = async () => {
    try {
      const response = await fetch('/session', { signal: AbortSignal.timeout(5000) })
      if (response.status === 401) return location.reload()
      if (!response.ok) return show(`no answer (${response.status})`, 'trouble')
      const name = response.headers.get('x-holdfast-server') ?? 'unknown'
      server.textContent = name
      foot.textContent = name
      server.className = `server ${colour(name)}`
      show(name, colour(name))
    } catch {
      show('no answer', 'trouble')
    }
  }

  const stop = () => {
    clearTimeout(timer)
    timer = null
  }
  const keepAsking = async () => {
    await ask()
    if (timer !== null) timer = setTimeout(keepAsking, PERIOD_MS)
  }

  document.getElementById('ask').addEventListener('click', (event) => {
    event.preventDefault()
    ask()
  })
  keep.hidden = false
  keep.addEventListener('click', () => {
    if (timer === null) timer = setTimeout(keepAsking, 0)
    else stop()
    keep.setAttribute('aria-pressed', String(timer !== null))
    keep.textContent = timer === null ? 'Keep asking' : 'Stop asking'
  })
}
