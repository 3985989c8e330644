// Quiet hours: alerts wait until they end.

import { element } from '../page/element.js'
import { zoneInWords } from '../page/local-time.js'
import { isReported, timeZone } from '../page/time-zone.js'
import { set } from './change.js'
import { drawDay } from './day-drawing.js'
import { find, known } from './settings.js'
import { say } from './status-line.js'

const usual = { from: '22:00', until: '07:00', key_wakes: false }
const minutesOfDay = 24 * 60

export function showQuietHours(subscription) {
  if (!subscription) return
  const quiet = subscription.quiet_hours
  find('quiet-on').checked = Boolean(quiet)
  for (const id of ['quiet-from', 'quiet-until', 'quiet-wakes']) find(id).disabled = !quiet
  const { from, until, key_wakes } = quiet ?? usual
  choose(find('quiet-from'), from)
  choose(find('quiet-until'), until)
  find('quiet-wakes').checked = key_wakes
  find('quiet-words').textContent = quiet ? describe(quiet) : 'Off'
  find('quiet-zone').textContent = describeZone(subscription.time_zone)
  drawDay(find('day'), quiet, subscription.time_zone)
}

// describeZone says which time zone the quiet hours are in, and why it is not the
// reader's if it is not.
function describeZone(zone) {
  const place = zoneInWords(zone)
  if (!isReported()) return `In ${place}: your browser does not say which time zone you are in.`
  if (zone !== timeZone()) return `In ${place}: Newsbell does not know your time zone, ${timeZone().replaceAll('_', ' ')}.`
  return `In ${place}. If you travel, they adjust when you next visit this site.`
}

// describe returns quiet hours as text, such as "22:00 to 07:00 the next day, 9 hours".
export function describe({ from, until }) {
  const minutes = (minutesOf(until) - minutesOf(from) + minutesOfDay) % minutesOfDay
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  const long = [hours && `${hours} ${hours === 1 ? 'hour' : 'hours'}`, rest && `${rest} minutes`].filter(Boolean).join(' ')
  return `${from} to ${until}${minutesOf(until) < minutesOf(from) ? ' the next day' : ''}, ${long}`
}

export const minutesOf = clock => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

find('quiet-on').addEventListener('change', () => save(find('quiet-on').checked ? usual : null, 'quiet-on'))
for (const id of ['quiet-from', 'quiet-until', 'quiet-wakes']) find(id).addEventListener('change', () => save(chosen(), id))

const chosen = () => ({ from: find('quiet-from').value, until: find('quiet-until').value, key_wakes: find('quiet-wakes').checked })

function save(quiet, control) {
  if (quiet && quiet.from === quiet.until) {
    showQuietHours(known())
    return say('Quiet hours must end at a different time than they start. Nothing was changed. To stop alerts all day, pause instead.')
  }
  const wakes = quiet?.key_wakes ? ' Key moments come through.' : ''
  const done = quiet ? `Quiet hours: ${describe(quiet)}.${wakes}` : 'No quiet hours.'
  set({ quiet_hours: quiet }, { quiet_hours: known().quiet_hours ?? null }, done, () => (find(control).disabled ? find('quiet-on') : find(control)).focus())
}

// choose selects a time. The options are half hours, and the time itself.
function choose(select, clock) {
  if (select.options.length === 0) for (let m = 0; m < minutesOfDay; m += 30) select.append(new Option(clockOf(m)))
  if (![...select.options].some(({ value }) => value === clock)) {
    const next = [...select.options].find(({ value }) => value > clock)
    select.insertBefore(element('option', { textContent: clock }), next ?? null)
  }
  select.value = clock
}

const clockOf = minutes => [Math.floor(minutes / 60), minutes % 60].map(part => String(part).padStart(2, '0')).join(':')
