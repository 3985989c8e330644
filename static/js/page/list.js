// join lists names as in a sentence: "Messenger, Instagram and Facebook".
export function join(names) {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
