// Counts the characters of a headline and a text, as readers count them, and marks the
// browsers that would cut them. The words are those of Length in editor_draft.go.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

for (const counter of document.querySelectorAll('[data-length-of]')) {
  const name = counter.dataset.lengthOf
  const field = counter.closest('form').elements[name]
  const cells = [...counter.closest('form').querySelectorAll(`td[data-${name}]`)]
  const update = () => show(counter, cells, name, lengthOf(field.value))
  field.addEventListener('input', update)
  update()
}

function lengthOf(text) {
  return [...segmenter.segment(text)].length
}

function show(counter, cells, name, length) {
  let cutting = 0
  for (const cell of cells) {
    const limit = Number(cell.dataset[name])
    const cuts = length > limit
    cell.classList.toggle('cuts', cuts)
    cell.textContent = cuts ? `${limit}, cut` : limit
    if (cuts) cutting++
  }
  const words = length === 1 ? '1 character' : `${length.toLocaleString('en-GB')} characters`
  counter.textContent = cutting ? `${words}, cut in ${cutting} of ${cells.length} browsers` : words
}
