// The Follow button of Newsbell's own pages, whose parts the server wrote.

import { NewsbellFollow } from './newsbell-follow.js'

customElements.define('newsbell-follow', NewsbellFollow)
