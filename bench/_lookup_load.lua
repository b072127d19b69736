-- Asks for the paths of a file, one after the other, each from another source, as a proxy would tell it.
-- A line is a path, a tab and what the browser kept of it before, or nothing.
local before, after, at, source = {}, {}, 0, 0

function init(args)
  local head = " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n" .. args[2] .. "X-Forwarded-For: "
  source = tonumber(args[3])
  for line in io.lines(args[1]) do
    local path, tag = line:match("^(%S+)\t(.*)$")
    table.insert(before, "GET " .. path .. head)
    table.insert(after, tag == "" and "\r\n\r\n" or "\r\nIf-None-Match: " .. tag .. "\r\n\r\n")
  end
end

function request()
  at, source = at % #before + 1, source + 1
  local address = string.format("14.%d.%d.%d", source / 65536 % 256, source / 256 % 256, source % 256)
  return before[at] .. address .. after[at]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "refused": %d, "broken": %d, "p50_ms": %.3f, "p99_ms": %.3f}',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
