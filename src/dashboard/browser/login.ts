// The token goes to the server in a header, never into an address; what comes back is a cookie that stands for it.
const token = document.querySelector<HTMLInputElement>('#token')!
token.focus()
const wrong = document.querySelector('#wrong')!

document.querySelector('form')!.addEventListener('submit', async (event) => {
  event.preventDefault()
  try {
    const headers = new Headers({ authorization: `Bearer ${token.value}` })
    const { ok, status } = await fetch('/login', { headers })
    if (ok) return location.replace('/')
    wrong.textContent = status === 401 ? 'This is not the token.' : `The gateway answered ${status}.`
  } catch {
    wrong.textContent = 'The gateway does not answer.'
  }
})
