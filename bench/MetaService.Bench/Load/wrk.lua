-- What wrk sends, as the table "config" in front of this text says:
--   run      a word of 8 letters and digits that no other run has
--   threads  threads of wrk
--   pool     how many things {random} and {cycle} choose from
--   block    how many requests in a row get the same {block}, over all threads; 0 when it is not used
--   pause    mean pause of a connection between two requests, in milliseconds; 0: the next follows at once
--   calls    method, path, body (or nil) and weight of each call; text in braces is filled in:
--            {run}, {t} the thread, {n} the number of the request in its thread, {random} below pool, {cycle} one after the other below
--            pool, {block} the number of the block
-- Prints one line: RESULT requests microseconds bad-statuses socket-errors p50 p99 p999 max, the latter in milliseconds.
local threads = {}
function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

local turn, chosen = 0, 0
local fields = {
  run = function() return config.run end,
  t = function() return string.format("%04d", id) end,
  n = function() return string.format("%08d", turn) end,
  random = function() return string.format("%d", chosen) end,
  cycle = function() return string.format("%d", (turn * config.threads + id) % config.pool) end,
  block = function() return string.format("%d", math.floor(turn * config.threads / config.block)) end,
}

local function filled(template)
  return template and string.gsub(template, "{(%a+)}", function(name) return fields[name]() end) or nil
end

local weights = 0
for _, call in ipairs(config.calls) do weights = weights + call.weight end

local function pick()
  local left = #config.calls > 1 and math.random() * weights or 0
  for _, call in ipairs(config.calls) do
    left = left - call.weight
    if left < 0 then return call end
  end
  return config.calls[#config.calls]
end

local first = config.calls[1]
local changes = #config.calls > 1 or string.find(first.path .. (first.body or ""), "{%a+}")
if changes then
  function request()
    turn = turn + 1
    if config.pool > 0 then chosen = math.random(0, config.pool - 1) end
    local call = pick()
    return wrk.format(call.method, filled(call.path), nil, filled(call.body))
  end
else
  -- wrk builds the request once.
  wrk.method, wrk.path, wrk.body = first.method, first.path, first.body
end

if config.pause > 0 then
  -- Exponentially distributed: what many clients that know nothing of each other make.
  function delay()
    return math.floor(-math.log(1 - math.random()) * config.pause + 0.5)
  end
end

function init()
  math.randomseed(id * 7919 + os.time())
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.0f %.0f %.0f %.0f %.3f %.3f %.3f %.3f\n", summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, latency.max / 1e3))
end
