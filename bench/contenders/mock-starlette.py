"""Starlette on uvicorn: a mock provider in Python that sleeps after each delta."""

import asyncio
import json
import os
import socket
import time

import uvicorn
from channel import cpu_us, read_task, tell, watch_stdin
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route

task = read_task()
chunks, delay_s = task["chunks"], task["delayMs"] / 1000
identity = {"id": "mock-1-0", "object": "chat.completion.chunk", "created": 0, "model": "mock-model"}
counted = {"deltas": 0, "events": 0, "bytes": 0}
late_s = []


def event(choices, **more):
    return f"data: {json.dumps({**identity, 'choices': choices, **more})}\n\n"


def choice(delta, reason=None):
    return [{"index": 0, "delta": delta, "finish_reason": reason}]


def count(text):
    counted["events"] += 1
    counted["bytes"] += len(text)
    return text


async def play():
    yield count(event(choice({"role": "assistant", "content": ""})))
    start = time.monotonic()
    for delta in range(chunks):
        late_s.append(time.monotonic() - start - delta * delay_s)
        counted["deltas"] += 1
        yield count(event(choice({"content": "window "})))
        await asyncio.sleep(delay_s)
    usage = {"prompt_tokens": 12, "completion_tokens": chunks, "total_tokens": 12 + chunks}
    yield count(event(choice({}, "stop")))
    yield count(event([], usage=usage))
    yield count("data: [DONE]\n\n")


async def complete(request):
    await request.json()
    return StreamingResponse(play(), media_type="text/event-stream")


def report():
    late = sorted(late_s)
    pacing = {"pacingP99Ms": late[int(len(late) * 0.99)] * 1000} if late else {}
    tell({"cpuUs": cpu_us() - before, **counted, **pacing})


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(4096)
app = Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])
server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, backlog=4096))
before = cpu_us()
watch_stdin(report)
# Connections that arrive before the loop runs wait in the backlog.
tell({"listening": f"http://127.0.0.1:{listener.getsockname()[1]}", "pid": os.getpid()})
asyncio.run(server.serve(sockets=[listener]))
