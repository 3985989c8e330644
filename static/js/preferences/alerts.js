// The last alerts on their way: published, accepted by the push service, and
// what this browser did with them.

import '../worker/database.js'
import '../worker/alert-log.js'
import { element } from '../page/element.js'
import { time } from '../page/local-time.js'
import { base } from '../page/site.js'
import { alerts } from '../reader/subscription.js'
import { find } from './settings.js'

const few = 4
let asked

// showAlerts asks once: settings do not change what was sent.
export function showAlerts(subscription) {
  if (subscription && asked !== subscription.endpoint) read()
  asked = subscription?.endpoint
}

async function read() {
  try {
    const [sent, here] = await Promise.all([alerts(), alertLog.all().catch(() => [])])
    show(sent.map(alert => row(alert, here.find(shown => shown.alert === alert.alert))))
  } catch (problem) {
    show([])
    find('alerts-empty').textContent = problem.message
  }
}

// Older ones wait behind a word.
function show(rows) {
  const older = rows.slice(few)
  find('alerts').replaceChildren(...rows.slice(0, few))
  find('alerts-older').hidden = older.length === 0
  find('alerts-older').querySelector('ol').replaceChildren(...older)
  find('alerts-older').querySelector('summary').textContent = `${older.length} older`
  find('alerts-empty').hidden = rows.length > 0
  find('alerts-empty').textContent = 'Nothing has been sent to this browser yet.'
}

function row({ alert, outage, headline, published_at, outcome, accepted_at, told_by }, here) {
  const link = element('a', { href: `${base}/outages/${outage}`, textContent: headline })
  const row = element('li', { className: 'alert-row' },
    element('p', { className: 'alert-headline' }, link, ' ', time(published_at, 'date')),
    element('dl', { className: 'way' },
      stop('Published', time(published_at, 'second')),
      outcomes[outcome]?.(accepted_at) ?? stop('Push service', outcome),
      arrival(here, told_by)))
  row.dataset.alert = alert
  return row
}

const outcomes = {
  accepted: at => stop('Push service', at ? time(at, 'second') : 'Accepted'),
  failed: () => stop('Push service', 'Refused', 'refused'),
  waiting: () => stop('Push service', 'Waiting', 'unreached'),
  gone: () => stop('Push service', 'Address had expired', 'refused'),
  deferred: () => stop('Push service', 'Deferred', 'unreached'),
}

// told_by is the later alert that told what was held back.
function arrival(here, told_by) {
  if (here?.clicked) return stop('Opened here', time(here.clicked, 'second'))
  if (here?.dismissed) return stop('Dismissed here', time(here.dismissed, 'second'))
  if (here?.shown) return stop('Shown here', time(here.shown, 'second'))
  return stop('Shown here', told_by ? 'With the next one' : 'Not seen', 'unreached')
}

const stop = (name, what, className = '') =>
  element('div', { className }, element('dt', { textContent: name }), element('dd', {}, what))
