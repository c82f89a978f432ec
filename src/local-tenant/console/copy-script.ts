/** Makes the copy buttons work. */
export const COPY_SCRIPT = `
for (const group of document.querySelectorAll('[data-copies]')) {
  group.hidden = navigator.clipboard === undefined
  group.addEventListener('click', async ({ target }) => {
    const { copy } = target.dataset
    if (copy === undefined) return
    const status = group.querySelector('[role=status]')
    try {
      await navigator.clipboard.writeText(document.getElementById(copy).value)
      status.textContent = 'Copied.'
    } catch {
      status.textContent = 'Copying failed. Select the text and copy it manually.'
    }
  })
}`
