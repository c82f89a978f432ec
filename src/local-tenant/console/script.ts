/** Copying, for browsers that can. Everything else works without a script. */
export const SCRIPT = `
for (const copies of document.querySelectorAll('[data-copies]')) {
  copies.hidden = navigator.clipboard === undefined
  copies.addEventListener('click', async ({ target }) => {
    const { copy } = target.dataset
    if (copy === undefined) return
    const status = copies.querySelector('[role=status]')
    try {
      await navigator.clipboard.writeText(document.getElementById(copy).value)
      status.textContent = 'Copied.'
    } catch {
      status.textContent = 'The browser does not allow it: select and copy by hand.'
    }
  })
}`
