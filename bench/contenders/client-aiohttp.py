"""aiohttp: the cost of a Python client that reads each chunk and counts blank lines."""

import asyncio

import aiohttp
from channel import count_events, cpu_us, peak_rss_mib, read_task, tell, watch_stdin

task = read_task()
watch_stdin(lambda: None)
headers = {"content-type": "application/json"}
totals = {"whole": 0, "events": 0, "bytes": 0}


async def one(session, stream):
    body = task["body"].replace("{stream}", str(stream))
    ended_in_lf = False
    try:
        async with session.post(task["url"] + task["path"], data=body, headers=headers) as response:
            async for chunk in response.content.iter_any():
                totals["bytes"] += len(chunk)
                events, ended_in_lf = count_events(ended_in_lf, chunk)
                totals["events"] += events
            if response.status == 200:
                totals["whole"] += 1
    except aiohttp.ClientError:
        # The stream is incomplete, which the benchmark reports.
        pass


async def main():
    streams, ramp_s = task["streams"], task["rampMs"] / 1000
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        before = cpu_us()
        loop = asyncio.get_running_loop()
        begin = loop.time()
        running = []
        for stream in range(streams):
            wait = begin + stream * ramp_s / streams - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            running.append(asyncio.create_task(one(session, stream)))
        await asyncio.gather(*running)
        tell({"cpuUs": cpu_us() - before, "peakRssMib": peak_rss_mib(), **totals})


asyncio.run(main())
