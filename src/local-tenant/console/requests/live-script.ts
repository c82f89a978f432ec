import { RecentRequests } from './recent-requests.ts'

/**
 * Adds requests to the table as they come. What is announced is a summary, at most once a second. A
 * page that nobody sees has no stream: browsers have few connections to a server for all tabs together.
 */
export const LIVE_SCRIPT = `
const table = document.getElementById('requests')
const list = table.tBodies[0]
const news = document.getElementById('news')
const pause = document.getElementById('pause')
let source, timer, added = 0, latest = '', isPaused = false

function announce() {
  timer = undefined
  news.textContent = (added === 1 ? 'New request: ' : added + ' new requests, the last one: ') + latest
  added = 0
}
function add({ data }) {
  const template = document.createElement('template')
  template.innerHTML = JSON.parse(data)
  const row = template.content.firstElementChild
  if (document.getElementById(row.id) !== null) return
  list.prepend(row)
  while (list.rows.length > ${RecentRequests.MAX}) list.lastElementChild.remove()
  table.hidden = false
  document.getElementById('none').hidden = true
  added += 1
  latest = row.querySelector('a').textContent + ', ' + row.querySelector('.chip').textContent
  timer ??= setTimeout(announce, 1000)
}
function follow() {
  source?.close()
  if (isPaused || document.hidden) return
  const after = list.rows.length > 0 ? list.rows[0].id : ''
  source = new EventSource('/console/requests/events?after=' + after)
  source.onmessage = add
  source.onerror = ({ target }) => {
    news.textContent = target.readyState === EventSource.CLOSED
      ? 'No live updates: reload the page.'
      : 'The connection was lost. Trying again.'
  }
  source.onopen = () => { news.textContent = 'Waiting for requests.' }
}
pause.hidden = false
pause.addEventListener('click', () => {
  isPaused = !isPaused
  pause.textContent = isPaused ? 'Resume' : 'Pause'
  news.textContent = isPaused ? 'Paused.' : ''
  follow()
})
document.addEventListener('visibilitychange', follow)
follow()
`
