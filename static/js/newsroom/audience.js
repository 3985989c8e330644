// Counts the readers that the draft in the form would alert now, and says when it would
// arrive. Only what decides who
// they are is sent, so that typing does not count again.

import { time } from '../page/local-time.js'

// How long the form must be left alone before it counts, how often it counts again, how
// long the server may take: in milliseconds.
const pause = 400
const again = 30_000
const timeout = 15_000

const reach = document.querySelector('.reach')
if (reach) start(reach.closest('form'))

function start(form) {
  let counted = audienceOf(form).toString()
  let request = new AbortController()
  let timer = setTimeout(repeat, again)

  form.addEventListener('input', changed)
  form.addEventListener('change', changed)
  if (!hasCounts() && audienceOf(form).get('alert')) soon()

  function changed() {
    if (audienceOf(form).toString() !== counted) soon()
  }

  function soon() {
    counted = audienceOf(form).toString()
    clearTimeout(timer)
    timer = setTimeout(count, pause)
  }

  function repeat() {
    if (document.visibilityState === 'visible' && audienceOf(form).get('alert')) return count()
    timer = setTimeout(repeat, again)
  }

  async function count() {
    clearTimeout(timer)
    request.abort()
    request = new AbortController()
    const { signal } = request
    const counts = await read(audienceOf(form), signal)
    if (signal.aborted) return
    if (counts) show(counts)
    timer = setTimeout(repeat, again)
  }
}

function audienceOf(form) {
  const fields = [...new FormData(form)].filter(([name]) => ['kind', 'alert', 'apps', 'corrects'].includes(name) || name.startsWith('state.'))
  return new URLSearchParams(fields)
}

async function read(fields, signal) {
  try {
    const response = await fetch(reach.dataset.audience, {
      method: 'POST', body: fields, redirect: 'manual', signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    })
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}

function hasCounts() {
  return part('readers').textContent !== '–'
}

function show(counts) {
  for (const name of ['readers', 'all', 'key', 'resolution', 'in_quiet_hours', 'over_cap']) {
    part(name).textContent = counts[name].toLocaleString('en-GB')
  }
  part('arrival').replaceChildren(...arrivalOf(counts))
  part('services').textContent = counts.push_services.map(({ name, readers }) => `${name} ${readers.toLocaleString('en-GB')}`).join(' · ')
}

// arrivalOf says by when push services will have accepted the alert.
function arrivalOf({ arrival, readers, in_quiet_hours: inQuietHours, over_cap: overCap }) {
  if (arrival.length) {
    const shares = arrival.flatMap(({ percent, at }, i) => [`${i ? ' · ' : ''}${percent}% by `, time(at, 'second')])
    return ['If it is sent now, judging by the last alerts, push services will have accepted ', ...shares]
  }
  return readers > inQuietHours + overCap ? ['When it will arrive is not known yet: no alert of about this size has been measured.'] : []
}

function part(name) {
  return reach.querySelector(`[data-part=${name}]`)
}
