// The confirmation shows a draft that the server has saved: this browser's copy of it, which
// draft.js keeps, is not needed any more.

const { draft, owner } = document.querySelector('.confirmation form').dataset
try {
  localStorage.removeItem(`newsbell.draft ${owner} ${draft}`)
} catch {
  // This browser keeps no copies.
}
