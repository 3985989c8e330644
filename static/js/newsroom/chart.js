// The delivery curve of an alert: readers over time. uPlot (js/vendor/uplot) draws it on a
// canvas, so it is drawn anew when colours or the width change.

const { uPlot } = window
const height = 220
const dark = matchMedia('(prefers-color-scheme: dark)')

// chart returns a function that draws a curve in a place on the page.
export function chart(place) {
  let data, plot
  new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height })).observe(place)
  dark.addEventListener('change', () => data && redraw())

  function redraw() {
    plot?.destroy()
    plot = new uPlot(optionsOf(place, () => data), columnsOf(data), place)
  }

  return next => {
    data = next
    if (plot) plot.setData(columnsOf(data))
    else redraw()
  }
}

const columnsOf = ({ seconds, estimate, accepted, shown }) => [seconds, estimate, accepted, shown]

function optionsOf(place, data) {
  const style = getComputedStyle(place)
  const colour = name => style.getPropertyValue(`--${name}`)
  const axis = {
    stroke: colour('muted'), font: `12px ${style.fontFamily}`,
    grid: { stroke: colour('rule'), width: 1 }, ticks: { stroke: colour('rule'), width: 1 },
  }
  return {
    width: place.clientWidth, height, legend: { show: false }, cursor: { show: false },
    scales: { x: { time: false, range: (_, first, last) => [0, last] }, y: { range: () => [0, Math.max(data().most, 1) * 1.05] } },
    axes: [
      { ...axis, space: 70, values: (_, seconds) => seconds.map(elapsed) },
      { ...axis, size: 56, values: (_, counts) => counts.map(n => Number.isInteger(n) ? n.toLocaleString('en-GB', { notation: 'compact' }) : '') },
    ],
    series: [
      {},
      { stroke: colour('muted'), fill: colour('rule'), width: 1, points: { show: false } },
      { stroke: colour('accent'), width: 2.5, points: { show: false } },
      { stroke: colour('up'), width: 2.5, dash: [6, 4], points: { show: false } },
    ],
  }
}

// elapsed writes a number of seconds, such as "1.5 s", "2 min" or "3.5 h".
function elapsed(seconds) {
  const round = n => Number(n.toPrecision(3)).toLocaleString('en-GB')
  if (seconds < 120) return `${round(seconds)} s`
  return seconds < 7200 ? `${round(seconds / 60)} min` : `${round(seconds / 3600)} h`
}
