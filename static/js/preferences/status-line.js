// The line that says what was done, and offers to undo it.

import { find } from './settings.js'

const [line, words, button, close] = ['said', 'said-words', 'undo', 'said-close'].map(find)

// lasting is for how long the line stays, in milliseconds, unless it is pointed
// at or has the keyboard. Control and Z still undo when it has left.
const lasting = 15_000

let undo = null
let timer

// say tells it, to everybody.
export function say(text, takeBack = null) {
  undo = takeBack
  find('preferences-status').textContent = text
  words.textContent = text
  if (!undo && document.activeElement === button) heading().focus()
  button.hidden = !undo
  button.setAttribute('aria-label', `Undo: ${text}`)
  line.hidden = false
  place()
  stay()
}

// stay lets the line leave later, when nobody is at it.
function stay() {
  clearTimeout(timer)
  timer = setTimeout(() => line.matches(':hover, :focus-within') ? stay() : line.hidden = true, lasting)
}

// place puts the line, which floats, right behind where the keyboard is in the
// document: its Undo is the next stop.
export function place() {
  if (line.contains(document.activeElement)) return
  const behind = document.activeElement?.closest('.follow-controls, .setting :is(.buttons, fieldset, label), .setting h2, .notice')
  const anchor = behind ?? find('follows-heading')
  if (anchor.nextElementSibling !== line) anchor.after(line)
}

async function takeBack() {
  const back = undo
  undo = null
  await back?.()
}

function dismiss() {
  if (line.contains(document.activeElement)) heading().focus()
  line.hidden = true
  undo = null
}

const heading = () => line.closest('.setting')?.querySelector('h2') ?? find('follows-heading')

button.addEventListener('click', takeBack)
close.addEventListener('click', dismiss)

addEventListener('keydown', event => {
  if (document.querySelector('dialog[open]')) return
  if (event.key === 'Escape' && !line.hidden) dismiss()
  const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey
  if (!isUndo || !undo) return
  event.preventDefault()
  takeBack()
})
