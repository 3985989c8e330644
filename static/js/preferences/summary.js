// In a sentence or two: how it stands.

import { isHeard } from '../reader/level.js'
import { silence } from '../reader/permission.js'
import { find } from './settings.js'
import { pausedUntil, words as untilWhen } from './pause.js'

export function showSummary(subscription) {
  find('summary').textContent = subscription ? summary(subscription) : ''
}

function summary(subscription) {
  const silent = silence()
  if (silent) return silent
  const heard = subscription.follows.filter(follow => isHeard(follow) && !follow.ends_at)
  const until = pausedUntil(subscription)
  if (subscription.problem) return 'Your browser has a problem with notifications, so alerts may not arrive.'
  if (until) return `Alerts are paused ${untilWhen(until)}.`
  if (heard.length === 0) return 'You follow nothing that is ongoing, so you won’t get alerts.'
  return `You’ll get alerts about ${join(counted(heard))}${limits(subscription)}.`
}

// counted is one name, or how many.
function counted(follows) {
  const of = kind => follows.filter(({ topic }) => topic.startsWith(kind))
  return [[of('outage/'), 'outage'], [of('app/'), 'app']].filter(([some]) => some.length)
    .map(([some, noun]) => some.length === 1 ? (noun === 'app' ? some[0].name : 'one outage') : `${number(some.length)} ${noun}s`)
}

function limits({ hourly_cap: cap, quiet_hours: quiet }) {
  const limits = []
  if (cap) limits.push(`at most ${number(cap)} ${cap === 1 ? 'time' : 'times'} an hour`)
  if (quiet) limits.push(quiet.key_wakes ? `only for key moments from ${quiet.from} to ${quiet.until}` : `not from ${quiet.from} to ${quiet.until}`)
  return limits.length ? `, ${limits.join(', and ')}` : ''
}

const names = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const number = count => names[count] ?? count
const join = words => words.join(' and ')
