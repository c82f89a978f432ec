-- wrk -t1 -s wrk.lua URL -- PATH [TOKEN-FILE FIRST COUNT]
--
-- Sends COUNT tokens of a file one after the other, without the FIRST ones, and starts again at the
-- end. All loads use this script, so that the cost of the load generator is the same for each.
-- Use one wrk thread: each thread sends every token.

local requests = {}
sent = 0
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

-- With BODY in the environment, the requests are POST.
local body = os.getenv("BODY")
local method = body == nil and "GET " or "POST "
local rest = body == nil and "\r\n"
  or "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body

-- With BOUND_TOKEN in the environment, the file has proofs, each for one request with this token.
local bound = os.getenv("BOUND_TOKEN")

local function request_with(path, authorization)
  local host = os.getenv("PROOF_HOST") or wrk.host .. ":" .. wrk.port
  return method .. path .. " HTTP/1.1\r\nHost: " .. host .. "\r\n" .. authorization .. rest
end

local function credentials(line)
  if bound == nil then return "Authorization: Bearer " .. line .. "\r\n" end
  return "Authorization: DPoP " .. bound .. "\r\nDPoP: " .. line .. "\r\n"
end

function init(args)
  local path, file, first, count = args[1], args[2], tonumber(args[3]), tonumber(args[4])
  if file == nil then
    requests[1] = request_with(path, "")
    return
  end
  local line = 0
  for token in io.lines(file) do
    line = line + 1
    if line > first + count then break end
    if line > first then
      requests[#requests + 1] = request_with(path, credentials(token))
    end
  end
end

function request()
  local index = sent % #requests + 1
  sent = sent + 1
  return requests[index]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"errorResponses":%d,"socketErrors":%d,"p50":%d,"p99":%d,"sent":%d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), threads[1]:get("sent")))
end
