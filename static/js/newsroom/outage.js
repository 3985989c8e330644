// The newsroom's page: live counts of alerts that are on their way, and a
// state that is set ticks its app.

import { base } from '../page/site.js'

// Once an alert is sent, readers go on to look at it.
const sendingEvery = 1000
const readEvery = 10_000
const states = { holding: 'Held', sending: 'Sending', sent: 'Sent', stopped: 'Stopped', superseded: 'Superseded by a newer alert' }

for (const alert of document.querySelectorAll('.alert')) if (isActive(alert)) watch(alert)

document.querySelector('.compose form')?.addEventListener('change', ({ target }) => {
  if (!target.value || !target.name.startsWith('state.')) return
  target.closest('li').querySelector('input[name=apps]').checked = true
})

function isActive({ dataset }) {
  return dataset.state === 'holding' || dataset.state === 'sending'
}

async function watch(alert) {
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, isActive(alert) ? sendingEvery : readEvery))
    if (document.visibilityState === 'hidden') continue
    const counts = await read(alert.dataset.alert)
    if (counts) show(alert, counts)
  }
}

async function read(id) {
  try {
    const response = await fetch(`${base}/editor/alerts/${id}`, { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}

function show(alert, counts) {
  const part = name => alert.querySelector(`[data-part=${name}]`)
  for (const name of ['audience', 'accepted', 'waiting', 'deferred', 'gone', 'failed', 'shown', 'clicked', 'dismissed']) {
    part(name).textContent = counts[name].toLocaleString('en-GB')
  }
  part('progress').max = Math.max(counts.audience, 1)
  part('progress').value = counts.accepted + counts.gone + counts.failed + counts.deferred
  if (alert.dataset.state === counts.state) return
  alert.dataset.state = counts.state
  part('state').textContent = states[counts.state] ?? counts.state
  if (counts.state !== 'holding') part('hold')?.remove()
  if (!isActive(alert)) part('stop')?.remove()
}
