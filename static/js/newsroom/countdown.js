// Counts down the undo windows on the page of an outage. When one has ended, the page shows
// the update that has become visible.

import { localTimes } from '../page/local-time.js'
import { base } from '../page/site.js'

// How often the server is asked whether the alert is being sent, in milliseconds.
const interval = 500

for (const held of document.querySelectorAll('.held [data-seconds]')) countDown(held)

async function countDown(held) {
  const end = performance.now() + 1000 * held.dataset.seconds
  const countdown = held.querySelector('[data-part=countdown]')
  for (;;) {
    const seconds = Math.ceil((end - performance.now()) / 1000)
    countdown.textContent = seconds > 0 ? `Sending starts in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.` : 'Sending starts now.'
    if (seconds <= 0 && await hasEnded(held.dataset.alert) && await replace(held.closest('article'))) return
    await new Promise(resolve => setTimeout(resolve, interval))
  }
}

async function hasEnded(id) {
  const alert = await get(`${base}/editor/alerts/${id}/counts`, response => response.json())
  return alert && alert.state !== 'holding'
}

// replace shows the update as it is now, without touching the form: somebody may be
// writing the next one. It reports whether it could.
async function replace(held) {
  const page = await get(location.pathname, async response => new DOMParser().parseFromString(await response.text(), 'text/html'))
  const published = page?.querySelector('.published')
  if (!published) return false
  localTimes(published)
  const hadFocus = held.contains(document.activeElement)
  document.querySelector('.published').replaceWith(published)
  if (hadFocus) document.getElementById(held.id)?.focus({ preventScroll: true })
  document.dispatchEvent(new Event('newsbell:published'))
  return true
}

async function get(url, read) {
  try {
    const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    return response.ok ? await read(response) : null
  } catch {
    return null
  }
}
