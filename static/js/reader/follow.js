// The Follow button on Newsbell's own pages, whose markup the server renders.

import { NewsbellFollow } from './newsbell-follow.js'

customElements.define('newsbell-follow', NewsbellFollow)
