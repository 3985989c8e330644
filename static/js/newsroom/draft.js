// Saves the draft of an update while it is typed. A copy stays in this browser until the
// server has it, so that neither a lost connection nor an ended session loses text.

// How long typing pauses before a save, and how long after a failed save the next one is
// tried, in milliseconds.
const pause = 1000
const retryAfter = 5000
const patience = 10_000

const form = document.querySelector('.compose form')
if (form) start()

function start() {
  const key = `newsbell.draft ${form.dataset.owner} ${form.dataset.draft}`
  const conflict = document.getElementById('conflict')
  let hasChanged = false
  let saving = Promise.resolve()
  let timer = 0
  let isSending = false

  form.addEventListener('input', changed)
  form.addEventListener('change', changed)
  form.addEventListener('submit', submit)
  form.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault() // to the confirmation, never past it
    form.requestSubmit(form.querySelector('[value=preview]'))
  })
  part('keep').addEventListener('click', keep)
  part('take').addEventListener('click', forget)
  addEventListener('pagehide', () => { if (hasChanged) save() })
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden' && hasChanged) save() })
  addEventListener('pageshow', ({ persisted }) => { if (persisted) location.reload() })
  restore()

  function changed() {
    hasChanged = true
    remember()
    saveAfter(pause)
  }

  function saveAfter(delay) {
    clearTimeout(timer)
    timer = setTimeout(save, delay)
  }

  // save saves after the save that is on its way, because that one changes the version.
  function save() {
    clearTimeout(timer)
    saving = saving.then(saveNow)
    return saving
  }

  async function saveNow() {
    if (!hasChanged || !conflict.hidden) return
    hasChanged = false
    const response = await post()
    if (response?.ok) return saved(await response.json())
    hasChanged = true
    if (response?.status === 409) return showConflict(await response.json())
    if (response?.type === 'opaqueredirect' || response?.status === 403) return signedOut()
    if (response?.status === 413 || response?.status === 422) return say('Not saved: the text is too long. It is kept in this browser.')
    say('Not saved yet. Your text is kept in this browser.')
    saveAfter(retryAfter)
  }

  async function post() {
    try {
      return await fetch(form.dataset.draft, {
        method: 'POST', body: new URLSearchParams(new FormData(form)), redirect: 'manual', keepalive: true, signal: AbortSignal.timeout(patience),
      })
    } catch {
      return null
    }
  }

  function saved({ id, version, notification }) {
    know(id, version)
    form.dispatchEvent(new CustomEvent('saved', { detail: notification }))
    if (!hasChanged) forget()
    say(id ? 'Draft saved.' : '')
  }

  function signedOut() {
    say('You are signed out. Your text is kept in this browser.')
    part('sign-in').hidden = false
  }

  function say(words) {
    part('draft-state').textContent = words
    part('sign-in').hidden = true
  }

  // submit waits for the last save, so that the form names the version that is saved. A
  // second click meanwhile does nothing.
  async function submit(event) {
    event.preventDefault()
    if (isSending) return
    isSending = true
    await save()
    await new Promise(resolve => setTimeout(resolve)) // a form does not submit within its own event
    form.removeEventListener('submit', submit)
    form.requestSubmit(event.submitter)
    form.addEventListener('submit', submit)
    setTimeout(() => { isSending = false }, retryAfter)
  }

  function showConflict(other) {
    conflict.hidden = false
    part('gone').hidden = other.id !== 0
    part('other').hidden = other.id === 0
    part('headline').textContent = other.headline
    part('body').textContent = other.body
    conflict.dataset.id = other.id
    conflict.dataset.version = other.version
    say('Not saved: the draft was changed elsewhere.')
  }

  function keep() {
    if (conflict.dataset.id) know(conflict.dataset.id, conflict.dataset.version)
    conflict.hidden = true
    changed()
    save()
  }

  function know(id, version) {
    form.elements.draft.value = id
    form.elements.version.value = version
  }

  function remember() {
    store(() => localStorage.setItem(key, JSON.stringify([...new FormData(form)])))
  }

  function forget() {
    store(() => localStorage.removeItem(key))
  }

  // restore brings back what this browser has kept and the server has not.
  function restore() {
    const kept = store(() => JSON.parse(localStorage.getItem(key)))
    if (!kept || !conflict.hidden) return
    const now = Object.fromEntries(new FormData(form))
    const then = Object.fromEntries(kept)
    const isSaved = form.dataset.saved !== undefined
    if (now.headline === then.headline && now.body === then.body) return isSaved && forget()
    if (!isSaved && (now.headline || now.body)) return // the form was sent and came back
    fill(kept)
    hasChanged = true
    if (now.draft !== then.draft || now.version !== then.version) {
      return showConflict({ id: Number(now.draft), version: Number(now.version), headline: now.headline, body: now.body })
    }
    say('Your text is back.')
    save()
  }

  function fill(entries) {
    const values = name => entries.filter(([n]) => n === name).map(([, value]) => value)
    for (const field of form.elements) {
      if (!field.name || field.type === 'hidden' || field.type === 'submit') continue
      if (field.type === 'checkbox' || field.type === 'radio') field.checked = values(field.name).includes(field.value)
      else field.value = values(field.name)[0] ?? ''
    }
    for (const name of ['headline', 'body']) form.elements[name].dispatchEvent(new Event('input')) // for the counters
  }

  function part(name) {
    return document.querySelector(`.compose [data-part=${name}]`)
  }
}

// store uses this browser's storage, which may be full or forbidden.
function store(use) {
  try {
    return use()
  } catch {
    return null
  }
}
