// The line that says what was done, and offers to undo it.

import { find } from './mine.js'

let undo = null

// say tells it, to everybody. The line floats, so that it can stand in the
// document right behind what was changed: its Undo is the next stop of the
// keyboard.
export function say(text, takeBack = null) {
  undo = takeBack
  find('preferences-status').textContent = text
  find('said-words').textContent = text
  find('undo').hidden = !undo
  find('undo').setAttribute('aria-label', `Undo: ${text}`)
  place()
  find('said').hidden = false
}

function place() {
  const behind = document.activeElement?.closest('.follow-controls, .setting :is(.buttons, fieldset, label), .setting h2, .notice')
  if (behind) behind.after(find('said'))
  else find('follows-heading').after(find('said'))
}

async function takeBack() {
  const back = undo
  undo = null
  find('undo').hidden = true
  await back?.()
}

function close() {
  const inside = find('said').contains(document.activeElement)
  find('said').hidden = true
  undo = null
  if (inside) (find('said').closest('.setting')?.querySelector('h2') ?? find('follows-heading')).focus()
}

find('undo').addEventListener('click', takeBack)
find('said-close').addEventListener('click', close)

addEventListener('keydown', event => {
  if (event.key === 'Escape' && !find('said').hidden && !document.querySelector('dialog[open]')) close()
  if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || !undo) return
  event.preventDefault()
  takeBack()
})
