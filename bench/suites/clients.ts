/** The compared clients: their names in the tables, and their scripts in `contenders/`. */
export const clients: Readonly<Record<string, string>> = {
  ours: 'client-ours',
  'node:http': 'client-node-http',
  got: 'client-got',
  aiohttp: 'client-aiohttp.py',
  'oha, reads only': 'client-oha',
  'net, reads only': 'client-net',
  'epoll in C, reads only': 'client-epoll.c',
}
