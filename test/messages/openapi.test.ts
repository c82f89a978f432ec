import { join } from 'node:path'
import { test } from 'tap'
import product from '../../src/product.ts'
import { checkDocument } from '../support/product/check-document.ts'

const FILE = join(import.meta.dirname, '../../openapi.yaml')

test('openapi.yaml describes the messages', (t) => checkDocument(t, product, { file: FILE }))
