// The last alerts: when each was published, what the push service answered, and
// what this browser did with it.

import '../worker/database.js'
import '../worker/alert-log.js'
import { element } from '../page/element.js'
import { time } from '../page/local-time.js'
import { base } from '../page/site.js'
import { alerts } from '../reader/subscription.js'
import { find } from './settings.js'

const shownAtFirst = 4
let loadedFor
let loaded = Promise.resolve()

// showAlerts loads the alerts once per subscription: settings do not change what was
// sent.
export function showAlerts(subscription) {
  if (subscription && loadedFor !== subscription.endpoint) loaded = load()
  loadedFor = subscription?.endpoint
}

// alertsShown waits until the alerts, or why there are none, are on the page.
export const alertsShown = () => loaded

async function load() {
  try {
    const [sent, logged] = await Promise.all([alerts(), alertLog.all().catch(() => [])])
    show(sent.map(alert => row(alert, logged.find(({ alert: id }) => id === alert.alert))))
  } catch (problem) {
    show([])
    find('alerts-empty').textContent = problem.message
  }
}

// show lists the newest alerts, and folds the older ones into a details element.
function show(rows) {
  const older = rows.slice(shownAtFirst)
  find('alerts').replaceChildren(...rows.slice(0, shownAtFirst))
  find('alerts-older').hidden = older.length === 0
  find('alerts-older').querySelector('ol').replaceChildren(...older)
  find('alerts-older').querySelector('summary').textContent = `${older.length} older`
  find('alerts-empty').hidden = rows.length > 0
  find('alerts-empty').textContent = 'Nothing has been sent to this browser yet.'
}

function row({ alert, outage, headline, published_at, outcome, accepted_at, told_by }, logged) {
  const link = element('a', { href: `${base}/outages/${outage}`, textContent: headline })
  const row = element('li', { className: 'alert-row' },
    element('p', { className: 'alert-headline' }, link, ' ', time(published_at, 'date')),
    element('dl', { className: 'steps' },
      step('Published', time(published_at, 'second')),
      outcomes[outcome]?.(accepted_at) ?? step('Push service', outcome),
      arrival(logged, told_by)))
  row.dataset.alert = alert
  return row
}

const outcomes = {
  accepted: at => step('Push service', at ? time(at, 'second') : 'Accepted'),
  failed: () => step('Push service', 'Failed', 'failed'),
  waiting: () => step('Push service', 'Retrying', 'unreached'),
  gone: () => step('Push service', 'Address had expired', 'failed'),
  deferred: () => step('Push service', 'Deferred', 'unreached'),
}

// arrival says what this browser did with the alert. told_by is the later alert that
// covered it, if it was deferred.
function arrival(logged, told_by) {
  if (logged?.clicked) return step('Opened here', time(logged.clicked, 'second'))
  if (logged?.dismissed) return step('Dismissed here', time(logged.dismissed, 'second'))
  if (logged?.shown) return step('Shown here', time(logged.shown, 'second'))
  return step('Shown here', told_by ? 'In a later alert' : 'No', 'unreached')
}

const step = (name, result, className = '') =>
  element('div', { className }, element('dt', { textContent: name }), element('dd', {}, result))
