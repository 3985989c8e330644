// Shows the notification of the saved draft as browsers cut it. The server makes its text,
// so that it is what is sent; this cuts it as InBrowsers in editor_draft.go does.

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

document.querySelector('.compose form')?.addEventListener('saved', ({ target, detail: { title, body } }) => {
  for (const shown of target.querySelectorAll('.shown-in li')) {
    shown.querySelector('[data-part=title]').textContent = cut(title, Number(shown.dataset.headline))
    shown.querySelector('[data-part=text]').textContent = cut(body, Number(shown.dataset.text))
  }
})

function cut(text, limit) {
  const graphemes = [...segmenter.segment(text)]
  return graphemes.length <= limit ? text : text.slice(0, graphemes[limit - 1].index).trim() + '…'
}
