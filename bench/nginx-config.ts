/** nginx as a gateway that passes bytes on as they come: one worker, unbuffered, all it writes below its own folder. */
export function nginxConfig(port: number, upstream: string): string {
  return `
daemon off; pid nginx.pid; worker_processes 1; error_log stderr error;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  upstream mock { server ${new URL(upstream).host}; keepalive 512; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /health { return 200 ok; }
    location / {
      proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_buffering off; proxy_next_upstream off; proxy_read_timeout 120s;
    }
  }
}
`
}
