// The line that says what was done, with a button to undo it.

import { find } from './settings.js'

const [line, message, button, close] = ['message', 'message-text', 'undo', 'message-close'].map(find)

// visibleFor is how long the line stays, in milliseconds, unless it is hovered or has
// the keyboard focus. Ctrl+Z still works after it is hidden.
const visibleFor = 15_000

let undo = null
let timer

// say shows a message and announces it to screen readers. undo, if given, reverts what
// was done.
export function say(text, revert = null) {
  undo = revert
  find('preferences-status').textContent = text
  message.textContent = text
  if (!undo && document.activeElement === button) heading().focus()
  button.hidden = !undo
  button.setAttribute('aria-label', `Undo: ${text}`)
  line.hidden = false
  place()
  hideLater()
}

// hideLater hides the line after a while, unless it is in use.
function hideLater() {
  clearTimeout(timer)
  timer = setTimeout(() => line.matches(':hover, :focus-within') ? hideLater() : line.hidden = true, visibleFor)
}

// place moves the line, which floats, right after the focused control in the document,
// so that Tab leads to its Undo.
export function place() {
  if (line.contains(document.activeElement)) return
  const control = document.activeElement?.closest('.follow-controls, .setting :is(.buttons, fieldset, label), .setting h2, .notice')
  const anchor = control ?? find('follows-heading')
  if (anchor.nextElementSibling !== line) anchor.after(line)
}

async function runUndo() {
  const revert = undo
  undo = null
  await revert?.()
}

function dismiss() {
  if (line.contains(document.activeElement)) heading().focus()
  line.hidden = true
  undo = null
}

const heading = () => line.closest('.setting')?.querySelector('h2') ?? find('follows-heading')

button.addEventListener('click', runUndo)
close.addEventListener('click', dismiss)

addEventListener('keydown', event => {
  if (document.querySelector('dialog[open]')) return
  if (event.key === 'Escape' && !line.hidden) dismiss()
  const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey
  if (!isUndo || !undo) return
  event.preventDefault()
  runUndo()
})
