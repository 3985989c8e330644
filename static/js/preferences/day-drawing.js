// A drawing of a day from noon to noon, so that a night is one piece.

import { isKnown } from '../page/time-zone.js'

const width = 288 // units of the drawing, of five minutes each
const day = 24 * 60

// drawDay draws the quiet hours, if any, and the current time in their time zone.
export function drawDay(drawing, quiet, zone) {
  const pieces = quiet ? piecesOf(place(quiet.from), place(quiet.until)) : []
  drawing.querySelectorAll('.day-quiet').forEach((rect, i) => {
    const [from, until] = pieces[i] ?? [0, 0]
    rect.setAttribute('x', from)
    rect.setAttribute('width', until - from)
  })
  drawing.querySelector('.day-now').setAttribute('cx', place(clockIn(zone)))
  drawing.setAttribute('aria-label', quiet ? `A day, quiet from ${quiet.from} until ${quiet.until}` : 'A day without quiet hours')
}

function piecesOf(from, until) {
  if (from < until) return [[from, until]]
  return [[from, width], [0, until]]
}

const clockIn = zone => new Intl.DateTimeFormat('en-GB',
  { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: isKnown(zone) ? zone : 'UTC' }).format()
const place = clock => at(Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3)))
const at = minutes => (minutes + day / 2) % day / day * width
