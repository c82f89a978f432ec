import type { Ajv } from 'ajv'
import envSchema from 'env-schema'
import { validateCombinations } from './combinations.ts'
import { type Config, createConfig } from './config.ts'
import { ConfigError, type ConfigProblem } from './config-error.ts'
import type { Environment } from './environment.ts'
import { withDefaults } from './issuer/defaults.ts'
import { normalize, type Variables } from './normalize.ts'
import { parsers } from './parsers.ts'
import { knownVariables, schema, secretVariables, type Values, type Variable } from './schema.ts'
import { readSecretFiles } from './sources/secret-files.ts'
import { describeUnknown } from './sources/unknown-variables.ts'

export interface LoadedConfig {
  readonly config: Config
  /** Which values were normalized or ignored, and which variables are unknown, if any. */
  readonly warning: string | undefined
}

/**
 * Validates the configuration before anything is built from it.
 *
 * @param sources environment variables; later sources take precedence
 * @throws ConfigError with every problem
 */
export function loadConfig(...sources: readonly Environment[]): LoadedConfig {
  const files = readSecretFiles(sources, secretVariables)
  const { variables, changed, ignored } = normalize([...sources, files.values])
  const { values, problems } = validate(withDefaults(variables))
  const isSet = (name: Variable) => variables[name] !== undefined || files.failed.includes(name)
  problems.push(...files.problems, ...validateCombinations(values, isSet))
  const unknown = describeUnknown(sources, knownVariables)
  if (problems.length > 0) {
    // A variable can be missing because its name is misspelt.
    throw new ConfigError([...problems, ...unknown.map((problem) => ({ problem }))])
  }
  const warnings = [
    changed.length > 0 && `Trimmed whitespace or a trailing slash from ${changed.join(', ')}.`,
    ignored.length > 0 &&
      `Ignored ${ignored.join(', ')}: the address of a service, which Kubernetes sets.`,
    ...unknown,
  ]
  const warning = warnings.filter(Boolean).join(' ') || undefined
  return { config: createConfig(values as Values), warning }
}

/** An error of Ajv, as env-schema passes it on. */
interface SchemaError {
  readonly instancePath: string
  readonly params: { readonly missingProperty?: string }
}

/** Validates each variable by itself. `values` has the valid ones and the defaults of the others. */
function validate(variables: Variables): { values: Partial<Values>; problems: ConfigProblem[] } {
  try {
    return { values: read(schema, variables), problems: [] }
  } catch (error) {
    const { errors } = error as { readonly errors: readonly SchemaError[] }
    const rest = { ...variables }
    const invalid = errors.map(variableOf)
    for (const name of invalid) delete rest[name]
    const values: Partial<Values> = read(schemaOfOptional, rest)
    // An invalid variable has no value, not the default.
    for (const name of invalid) delete values[name]
    return { values, problems: errors.map(describe) }
  }
}

const schemaOfOptional = { ...schema, required: [] }

/** Kept, so that Ajv compiles each schema only once. */
let validator: Ajv | undefined

function read<T>(schema: object, data: Variables): T {
  return envSchema<T>({
    schema,
    data,
    env: false,
    ajv: {
      customOptions: (ajv) => {
        validator ??= withFormats(ajv)
        return validator
      },
    },
  })
}

function withFormats(ajv: Ajv): Ajv {
  for (const [format, parse] of Object.entries(parsers)) {
    ajv.addFormat(format, (text) => parse(text) !== undefined)
  }
  return ajv
}

function variableOf({ instancePath, params }: SchemaError): Variable {
  return (params.missingProperty ?? instancePath.slice(1)) as Variable
}

function describe(error: SchemaError): ConfigProblem {
  const name = variableOf(error)
  const problem = error.params.missingProperty === undefined ? 'invalid' : 'missing'
  return { problem: `${name} is ${problem}`, expected: schema.properties[name].description }
}
