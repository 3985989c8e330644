// The server writes times in UTC; this shows them in the reader's time zone. The
// styles reserve the width of the longer form, so nothing on the page moves.

import { element } from './element.js'
import { isReported, timeZone } from './time-zone.js'

const zone = timeZone()
const part = options => new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone })
const clock = part({ hour: '2-digit', minute: '2-digit' })
const second = part({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const weekday = part({ weekday: 'short' })
const date = part({ day: 'numeric', month: 'short', year: 'numeric' })

const shows = {
  clock: when => clock.format(when),
  second: when => second.format(when),
  day: when => `${weekday.format(when)} ${shows.date(when)}`,
  date: when => date.format(when).replace('Sept', 'Sep'),
  moment: when => `${shows.date(when)}, ${shows.clock(when)}`,
}

export function localTimes(root = document) {
  for (const time of root.querySelectorAll('time[data-show]')) {
    time.title = time.dateTime
    time.textContent = shows[time.dataset.show](new Date(time.dateTime))
  }
  for (const name of root.querySelectorAll('[data-zone]')) {
    name.textContent = isReported() ? `Times are in your time zone, ${zone.replaceAll('_', ' ')}.`
      : 'Times are in UTC, because your browser does not say which time zone you are in.'
  }
}

// inWords returns a time as text.
export const inWords = (when, show = 'moment') => shows[show](new Date(when))

// time returns an element that shows a time.
export const time = (when, show = 'moment') =>
  element('time', { dateTime: new Date(when).toISOString(), textContent: inWords(when, show) })

// zoneInWords returns the common name of a time zone, such as "Central European
// Time, as in Berlin".
export function zoneInWords(name) {
  const city = name.includes('/') && name.split('/').at(-1).replaceAll('_', ' ')
  try {
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone: name, timeZoneName: city ? 'longGeneric' : 'long' }).formatToParts()
    const called = parts.find(({ type }) => type === 'timeZoneName').value
    return city ? `${called}, as in ${city}` : called
  } catch {
    return city || name
  }
}
