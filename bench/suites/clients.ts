/** The clients side by side: their names in the tables, and their scripts in `contenders/`. */
export const clients: Readonly<Record<string, string>> = {
  ours: 'client-ours',
  'node:http': 'client-node-http',
  got: 'client-got',
  'net, reads only': 'client-net',
}
