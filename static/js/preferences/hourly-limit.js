// The hourly limit.

import { element } from '../page/element.js'
import { set } from './change.js'
import { find, known } from './settings.js'

const choices = [0, 1, 2, 3, 5, 10]

export function showHourlyLimit(subscription) {
  if (!subscription) return
  const cap = subscription.hourly_cap ?? 0
  const offered = choices.includes(cap) ? choices : [...choices, cap].sort((a, b) => a - b)
  if (offered.length !== find('cap').children.length) find('cap').replaceChildren(...offered.map(choice))
  radio(cap).checked = true
}

function choice(count) {
  const input = element('input', { type: 'radio', name: 'cap', value: count })
  input.addEventListener('change', () => choose(count))
  return element('label', {}, input, element('span', { textContent: count || 'No limit' }))
}

function choose(count) {
  const before = known().hourly_cap ?? 0
  const done = count ? `At most ${count} per hour.` : 'No hourly limit.'
  set({ hourly_cap: count }, { hourly_cap: before }, done, () => find('cap').querySelector(':checked').focus())
}

const radio = count => find('cap').querySelector(`[value="${count}"]`)
