// Brings a part of the page to a newer version of its HTML and changes only what differs,
// so that focus, scrolling and what scripts have drawn stay.

// reconcile changes the children of an element to those in HTML. It leaves the children of
// elements alone whose data-part is kept, if that is given.
export function reconcile(element, html, kept) {
  const template = document.createElement('template')
  template.innerHTML = html
  children(element, template.content, kept)
}

function children(old, next, kept) {
  const before = [...old.childNodes]
  const after = [...next.childNodes]
  after.forEach((node, i) => before[i] ? one(before[i], node, kept) : old.append(node))
  for (const node of before.slice(after.length)) node.remove()
}

function one(old, next, kept) {
  if (old.nodeName !== next.nodeName) return old.replaceWith(next)
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== next.data) old.data = next.data
    return
  }
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) old.removeAttribute(name)
  for (const { name, value } of next.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  if (!kept || old.dataset.part !== kept) children(old, next, kept)
}
