// Portkey has no option for its address, and listens on all of them; and it is told its provider by headers of each request.
const http = require('node:http')
const net = require('node:net')

const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...others) {
  const options = typeof first === 'object' && first !== null ? first : { port: Number(first) }
  const done = others.filter((other) => typeof other === 'function')
  return listen.call(this, { ...options, host: '127.0.0.1' }, ...done)
}

const headers = Object.entries(JSON.parse(process.env.REQUEST_HEADERS))
const emit = http.Server.prototype.emit
http.Server.prototype.emit = function (event, ...others) {
  if (event === 'request')
    for (const [name, value] of headers) {
      others[0].headers[name] = value
      others[0].rawHeaders.push(name, value)
    }
  return emit.call(this, event, ...others)
}
