// The server writes times in UTC; here they become the reader's own. The
// styles keep the width of the longer form, so nothing on the page moves.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
const part = options => new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone })
const clock = part({ hour: '2-digit', minute: '2-digit' })
const second = part({ hour: '2-digit', minute: '2-digit', second: '2-digit' })
const date = part({ day: 'numeric', month: 'short', year: 'numeric' })

const shows = {
  clock: when => clock.format(when),
  second: when => second.format(when),
  date: when => date.format(when).replace('Sept', 'Sep'),
  moment: when => `${shows.date(when)}, ${shows.clock(when)}`,
}

export function localTimes(root = document) {
  for (const time of root.querySelectorAll('time[data-show]')) {
    time.title = time.dateTime
    time.textContent = shows[time.dataset.show](new Date(time.dateTime))
  }
  for (const name of root.querySelectorAll('[data-zone]')) {
    name.textContent = `Times are in your time zone, ${zone.replaceAll('_', ' ')}.`
  }
}
