// A real OpenID provider over TLS, for one client: `node provider.mjs CERTIFICATE KEY ALGORITHM…`. It says its issuer in
// one line, signs in whoever comes (the development pages take any name), and turns its keys when told to on its input.

import {readFileSync} from 'node:fs'
import {generateKeyPairSync} from 'node:crypto'
import {createServer} from 'node:https'
import {createInterface} from 'node:readline'

import {Provider} from 'oidc-provider'

const [certificate, key, ...algorithms] = process.argv.slice(2)

function signing(algorithm, generation) {
  const curve = {ES256: 'P-256', ES384: 'P-384', ES512: 'P-521'}[algorithm]
  const pair = curve ? generateKeyPairSync('ec', {namedCurve: curve}) : generateKeyPairSync('rsa', {modulusLength: 2048})
  return {...pair.privateKey.export({format: 'jwk'}), kid: `${algorithm}-${generation}`, alg: algorithm, use: 'sig'}
}

const server = createServer({cert: readFileSync(certificate), key: readFileSync(key)})

function provide(issuer, generation) {
  const client = algorithm => ({
    client_id: `app-${algorithm}`,
    client_secret: 'a secret of the tests',
    redirect_uris: [`${issuer}/done`],
    id_token_signed_response_alg: algorithm,
  })
  const provider = new Provider(issuer, {
    clients: algorithms.map(client),
    jwks: {keys: algorithms.map(algorithm => signing(algorithm, generation))},
    enabledJWA: {idTokenSigningAlgValues: algorithms},
    claims: {openid: ['sub', 'email', 'https://aws.amazon.com/tags']},
    conformIdTokenClaims: false,
    cookies: {keys: ['of the tests']},
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@example.org`,
        'https://aws.amazon.com/tags': {principal_tags: {Team: ['red']}, transitive_tag_keys: ['Team']},
      }),
    }),
  })
  server.removeAllListeners('request')
  server.on('request', provider.callback())
}

server.listen(0, '127.0.0.1', () => {
  const issuer = `https://localhost:${server.address().port}`
  let generation = 1
  provide(issuer, generation)
  console.log(issuer)
  createInterface({input: process.stdin}).on('line', () => {
    provide(issuer, ++generation)
    console.log(`keys of generation ${generation}`)
  }).on('close', () => process.exit(0))
})
