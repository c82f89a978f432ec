// Loads TypeScript for tests. Node strips types itself since 22.18, which takes half of the time of tsx.
if (!process.features.typescript) await import('tsx')
