// Keeps the list of those who are at work on the outage up to date.

import { localTimes } from '../page/local-time.js'
import { reconcile } from './reconcile.js'

// How often the list is read, and how long the server may take, in milliseconds.
const interval = 4000
const timeout = 10_000

const presence = document.querySelector('.presence')
if (presence) repeat()

async function repeat() {
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, interval))
    if (document.visibilityState === 'hidden') continue
    const html = await read()
    if (html === null) continue
    reconcile(presence, html)
    localTimes(presence)
  }
}

async function read() {
  try {
    const response = await fetch(presence.dataset.presence, { cache: 'no-store', redirect: 'manual', signal: AbortSignal.timeout(timeout) })
    return response.ok ? await response.text() : null
  } catch {
    return null
  }
}
