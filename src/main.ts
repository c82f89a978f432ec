import product from './product.ts'
import { runServer } from './run-server.ts'

// The program. It runs when this file is started or imported.
await runServer(product)
