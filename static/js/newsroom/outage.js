// The newsroom's page of an outage: live counts of alerts, and setting an app's state
// also checks the app.

import { base } from '../page/site.js'
import './audience.js'
import './counters.js'
import './countdown.js'
import './draft.js'
import './presence.js'
import './previews.js'

// How often counts are read, in milliseconds. After an alert is sent, readers still open
// and dismiss it.
const sendingInterval = 1000
const sentInterval = 10_000
const states = { holding: 'Undo window', sending: 'Sending', sent: 'Sent', stopped: 'Stopped', superseded: 'Superseded by a newer alert' }

watchAll()
document.addEventListener('newsbell:published', watchAll)

document.querySelector('.compose form')?.addEventListener('change', ({ target }) => {
  if (!target.value || !target.name.startsWith('state.')) return
  target.closest('li').querySelector('input[name=apps]').checked = true
})

function watchAll() {
  for (const alert of document.querySelectorAll('.alert')) if (isActive(alert)) watch(alert)
}

function isActive({ dataset }) {
  return dataset.state === 'holding' || dataset.state === 'sending'
}

async function watch(alert) {
  while (alert.isConnected) {
    await new Promise(resolve => setTimeout(resolve, isActive(alert) ? sendingInterval : sentInterval))
    if (document.visibilityState === 'hidden') continue
    const counts = await read(alert.dataset.alert)
    if (counts) show(alert, counts)
  }
}

async function read(id) {
  try {
    const response = await fetch(`${base}/editor/alerts/${id}/counts`, { cache: 'no-store', signal: AbortSignal.timeout(5000) })
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
  part('stop-reason').textContent = counts.stop_reason
  part('stop-reason').hidden = !counts.stop_reason
  if (counts.state !== 'holding') part('undo-until')?.remove()
  if (!isActive(alert)) part('stop')?.remove()
}
