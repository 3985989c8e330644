// What every page does.

import '../worker/database.js'
import '../worker/receipts.js'
import { localTimes } from './local-time.js'
import { synchronize } from '../reader/synchronize.js'

localTimes()

// The service worker asks an open page to go to an entry. A new entry may be waiting
// behind the live bar, or need a reload.
navigator.serviceWorker?.addEventListener('message', ({ data }) => {
  if (!data?.open) return
  const url = new URL(data.open, location.href)
  if (url.origin !== location.origin) return
  const here = url.pathname === location.pathname && url.search === location.search
  if (here) document.querySelector('newsbell-live')?.show()
  location.href = url.href
  if (here && !document.getElementById(url.hash.slice(1))) location.reload()
})
navigator.serviceWorker?.startMessages()

// Pages that show follows synchronize on their own, and show the problem if it fails.
if (window.isSecureContext && 'Notification' in window && !document.querySelector('newsbell-follow, #preferences')) {
  synchronize().catch(() => {})
}

// Sends the receipts that the service worker could not.
receipts.send().catch(() => {})
