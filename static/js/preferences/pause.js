// Pauses all alerts.

import { inWords } from '../page/local-time.js'
import { set } from './change.js'
import { find, known } from './settings.js'

const always = '9999-12-31T00:00:00Z'
const long = 10_000 * 24 * 3600_000
const past = '1970-01-01T00:00:00Z'

const ends = {
  hour: () => new Date(Date.now() + 3600_000),
  tomorrow: () => {
    const now = new Date()
    return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 8)
  },
  always: () => new Date(always),
  resume: () => new Date(past),
}

let timer

export function showPause(subscription) {
  const until = pausedUntil(subscription)
  find('pause-state').textContent = until ? `Paused ${untilWhen(until)}.` : 'Not paused.'
  find('pause-state').toggleAttribute('data-paused', Boolean(until))
  button('resume').hidden = !until
  clearTimeout(timer)
  if (until && !isLong(until)) timer = setTimeout(() => showPause(known()), Math.min(until - Date.now(), 2 ** 31 - 1))
}

// pausedUntil returns when the pause ends, or null if there is none.
export function pausedUntil(subscription) {
  const until = new Date(subscription?.paused_until ?? past)
  return until > Date.now() ? until : null
}

// untilWhen describes the end of a pause, as "until 4 Nov 2021, 08:00".
export const untilWhen = until => isLong(until) ? 'until you resume' : `until ${inWords(until, 'moment')}`

const isLong = until => until - Date.now() > long
const button = name => find('pause-choices').querySelector(`[data-pause=${name}]`)

find('pause-choices').addEventListener('click', ({ target }) => {
  const choice = target.dataset.pause
  if (!choice) return
  const before = { paused_until: known().paused_until ?? past }
  const until = ends[choice]()
  const done = choice === 'resume' ? 'Resumed. You’ll get alerts again.' : `Paused ${untilWhen(until)}.`
  set({ paused_until: until.toISOString() }, before, done, () => (button(choice).hidden ? button('hour') : button(choice)).focus())
})
