// Summarizes the settings in a sentence.

import { getsAlerts } from '../reader/level.js'
import { whyNoAlerts } from '../reader/permission.js'
import { find } from './settings.js'
import { pausedUntil, untilWhen } from './pause.js'

export function showSummary(subscription) {
  find('summary').textContent = subscription ? summary(subscription) : ''
}

function summary(subscription) {
  const reason = whyNoAlerts()
  if (reason) return reason
  const active = subscription.follows.filter(follow => getsAlerts(follow) && !follow.ends_at && follow.state !== 'retired')
  const until = pausedUntil(subscription)
  if (subscription.problem) return 'Your browser has a problem with notifications, so alerts may not arrive.'
  if (until) return `Alerts are paused ${untilWhen(until)}.`
  if (active.length === 0) return 'You follow nothing that is covered now, so you won’t get alerts.'
  return `You’ll get alerts about ${join(counted(active))}${limits(subscription)}.`
}

// counted returns, for outages and for apps, the name of the only one or their number.
function counted(follows) {
  const ofKind = kind => follows.filter(({ topic }) => topic.startsWith(kind))
  return [[ofKind('outage/'), 'outage'], [ofKind('app/'), 'app']].filter(([some]) => some.length)
    .map(([some, noun]) => some.length === 1 ? (noun === 'app' ? some[0].name : 'one outage') : `${number(some.length)} ${noun}s`)
}

function limits({ hourly_cap: cap, quiet_hours: quiet }) {
  const limits = []
  if (cap) limits.push(`at most ${number(cap)} ${cap === 1 ? 'time' : 'times'} an hour`)
  if (quiet) limits.push(quiet.key_wakes ? `only for key moments from ${quiet.from} to ${quiet.until}` : `not from ${quiet.from} to ${quiet.until}`)
  return limits.length ? `, ${limits.join(', and ')}` : ''
}

const numbers = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const number = count => numbers[count] ?? count
const join = parts => parts.join(' and ')
