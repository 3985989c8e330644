// Buttons of the newsroom's forms: Show shows the password as it is typed, Copy copies a
// link or a token.

for (const button of document.querySelectorAll('[data-reveals]')) {
  const field = document.getElementById(button.dataset.reveals)
  button.addEventListener('click', () => show(button, field, field.type === 'password'))
  // A password manager does not offer to save a field of type text.
  field.form.addEventListener('submit', () => show(button, field, false))
}

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => copy(button, document.getElementById(button.dataset.copy)))
}

function show(button, field, isShown) {
  field.type = isShown ? 'text' : 'password'
  button.firstElementChild.textContent = isShown ? 'Hide' : 'Show'
}

// Without https there is no clipboard: then the text is selected for Ctrl+C.
async function copy(button, field) {
  field.select()
  try {
    await navigator.clipboard.writeText(field.value)
    button.textContent = 'Copied'
    document.getElementById('copied').textContent = 'Copied.'
  } catch {
    document.getElementById('copied').textContent = 'Selected. Copy it with your browser.'
  }
}
