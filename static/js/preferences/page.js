// The preferences page: what this browser follows, when it may ring, whether it
// works, and the way out. Each part shows itself whenever something changes.

import { showAlerts } from './alerts.js'
import { showCap } from './cap.js'
import './data.js'
import { showFollows } from './follows.js'
import './forget.js'
import { find, load, mine, onChange } from './mine.js'
import { showOffer } from './offer.js'
import { showPause } from './pause.js'
import { showPermission } from './permission.js'
import { showQuietHours } from './quiet-hours.js'
import { showStanding } from './standing.js'
import { place } from './status-line.js'
import './test-notice.js'

for (const show of [showFollows, showStanding, showPause, showQuietHours, showCap, showAlerts, showPermission, place]) onChange(show)

find('retry').addEventListener('click', open)
addEventListener('hashchange', showOffer)

await open()
showOffer()
document.getElementById(location.hash.slice(1))?.scrollIntoView()

async function open() {
  find('retry').hidden = true
  try {
    await load()
  } catch (problem) {
    find('follows-empty').hidden = false
    find('follows-empty').textContent = problem.message
    find('retry').hidden = false
    showPermission(mine())
  }
  find('preferences').dataset.ready = ''
}
