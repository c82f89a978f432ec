/** As in the package's README; morgan is the request log of the Express team. */
import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import morgan from 'morgan'

const { ISSUER, AUDIENCE } = process.env
const app = express()
const authenticate = auth({
  issuerBaseURL: ISSUER,
  audience: AUDIENCE,
  dpop: { enabled: true, required: false },
})

function permit({ auth: { payload } }, response, next) {
  if (payload.permissions?.includes('read:admin-messages')) return next()
  response.status(403).json({ message: 'Permission denied' })
}

app.use(morgan('combined'))
app.get('/api/messages/public', (_request, response) => {
  response.json({ message: "The API doesn't require an access token to share this message." })
})
app.get('/api/messages/protected', authenticate, (_request, response) => {
  response.json({ message: 'The API successfully validated your access token.' })
})
app.get('/api/messages/admin', authenticate, permit, (_request, response) => {
  response.json({ message: 'The API successfully recognized you as an admin.' })
})
// Without it, Express would render a page and print a stack for each error response.
app.use((error, _request, response, _next) => {
  response
    .status(error.status ?? 500)
    .set(error.headers ?? {})
    .json({ message: error.message })
})

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`Server listening at http://127.0.0.1:${server.address().port}`)
})
