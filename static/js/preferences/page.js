// The preferences page: what this browser follows, when it may notify, whether
// notifications work, and how to delete it all. Each part renders itself again
// whenever the subscription changes.

import { onElsewhere } from '../reader/other-tabs.js'
import { alertsShown, showAlerts } from './alerts.js'
import { showHourlyLimit } from './hourly-limit.js'
import { reread } from './change.js'
import './download.js'
import { showFollows } from './follows.js'
import './forget.js'
import { find, load, known, onChange } from './settings.js'
import { showRequestedAction } from './requested-action.js'
import { showPause } from './pause.js'
import { showPermission } from './permission.js'
import { showQuietHours } from './quiet-hours.js'
import { showSummary } from './summary.js'
import { place } from './status-line.js'
import './test-notice.js'

for (const show of [showFollows, showSummary, showPause, showQuietHours, showHourlyLimit, showAlerts, showPermission, place]) onChange(show)

find('retry').addEventListener('click', retry)
addEventListener('hashchange', showRequestedAction)
onElsewhere(reread)

// What is below the alerts appears with them, so that it does not move.
await open()
showRequestedAction()
await alertsShown()
find('preferences').dataset.settled = ''
document.getElementById(location.hash.slice(1))?.scrollIntoView()

// open loads what this browser follows, and returns whether that succeeded.
async function open() {
  find('preferences-status').textContent = ''
  try {
    await load()
    return true
  } catch (problem) {
    console.warn(problem)
    find('follows-empty').hidden = false
    find('follows-empty').textContent = find('preferences-status').textContent = problem.message
    showPermission(known())
    return false
  } finally {
    find('retry').hidden = known() !== undefined
    find('preferences').dataset.ready = ''
  }
}

// retry moves the keyboard focus only if there is something to read.
async function retry() {
  if (!await open()) return
  find('follows-heading').focus()
  showRequestedAction()
}
